//! A token in a cookie (RFC 6265, section 4.2.1).

use http::header::{COOKIE, HeaderValue};
use http::{HeaderMap, header};

use super::is_b64token;
use crate::AuthErrorKind;

pub(in crate::auth) fn is_name(name: &str) -> bool {
    let of_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(of_token)
}

/// The token in the cookie of this name. HTTP/2 may part the header into several lines.
pub(super) fn read<'a>(
    name: &str,
    headers: &'a HeaderMap,
) -> Result<Option<&'a str>, AuthErrorKind> {
    let mut values = pairs(headers).filter_map(|pair| value_of(pair, name.as_bytes()));
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        // Another host of the site may have set the second (RFC 6265, section 8.6).
        return Err(AuthErrorKind::MultipleCredentials);
    }
    match std::str::from_utf8(value) {
        // What is left of a cookie that was not cleared properly.
        Ok("") => Ok(None),
        // The user did not write it: a new login helps, so it is a wrong token, not a bad request.
        Ok(token) if is_b64token(value) => Ok(Some(token)),
        _ => Err(AuthErrorKind::MalformedToken),
    }
}

/// Takes the cookie out of the headers, and leaves the others.
pub(super) fn strip(name: &str, headers: &mut HeaderMap) {
    if !pairs(headers).any(|pair| value_of(pair, name.as_bytes()).is_some()) {
        return;
    }
    let others: Vec<&[u8]> =
        pairs(headers).filter(|pair| value_of(pair, name.as_bytes()).is_none()).collect();
    let others = others.join(b"; ".as_slice());
    // It is made of what was a header value before.
    match HeaderValue::from_bytes(&others) {
        Ok(mut value) if !value.is_empty() => {
            // As it may have been before; the others may be secrets too.
            value.set_sensitive(true);
            headers.insert(header::COOKIE, value);
        }
        _ => {
            headers.remove(header::COOKIE);
        }
    }
}

fn pairs(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    headers
        .get_all(COOKIE)
        .iter()
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b';'))
        .map(<[u8]>::trim_ascii)
        .filter(|pair| !pair.is_empty())
}

fn value_of<'a>(pair: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let equals = pair.iter().position(|byte| *byte == b'=')?;
    (pair[..equals].trim_ascii() == name).then(|| pair[equals + 1..].trim_ascii())
}
