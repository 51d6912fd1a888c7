//! A token in the query (RFC 6750, section 2.3).

use std::borrow::Cow;

use http::Uri;
use http::uri::PathAndQuery;

use super::is_b64token;
use crate::AuthErrorKind;

pub(super) fn read<'a>(name: &str, uri: &'a Uri) -> Result<Option<Cow<'a, str>>, AuthErrorKind> {
    let query = uri.query().unwrap_or_default();
    let mut values = form_urlencoded::parse(query.as_bytes())
        .filter_map(|(own, value)| (own == name).then_some(value));
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(AuthErrorKind::MultipleCredentials);
    }
    if is_b64token(value.as_bytes()) {
        Ok(Some(value))
    } else {
        Err(AuthErrorKind::MalformedCredentials)
    }
}

/// Takes the parameter out of the query, and leaves the others as they were written.
pub(super) fn strip(name: &str, uri: &mut Uri) {
    let Some(query) = uri.query() else { return };
    let others: Vec<&str> = query
        .split('&')
        .filter(|pair| form_urlencoded::parse(pair.as_bytes()).all(|(own, _)| own != name))
        .collect();
    if others.len() == query.split('&').count() {
        return;
    }
    let mark = if others.is_empty() { "" } else { "?" };
    let rest = format!("{}{mark}{}", uri.path(), others.join("&"));
    let mut parts = uri.clone().into_parts();
    // Both are made of what was a URI before.
    if let Ok(rest) = PathAndQuery::try_from(rest) {
        parts.path_and_query = Some(rest);
        if let Ok(stripped) = Uri::from_parts(parts) {
            *uri = stripped;
        }
    }
}
