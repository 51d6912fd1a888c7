//! The header `Forwarded` (RFC 7239, section 4).
//!
//! Read here since the parsers at hand split at every comma and semicolon, also at those within
//! quotes. Proxies quote what clients wrote, as in `for=192.0.2.1;host="x,for=198.51.100.1"`.

use std::net::IpAddr;

use http::HeaderMap;

use super::client::node;

/// The `for` of each element from left to right. An element without one, with two, or with one
/// that is no address is nothing; so is a line whose quotes don't match, as one element.
pub(super) fn hops(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let mut hops = Vec::new();
    for line in headers.get_all("forwarded") {
        match std::str::from_utf8(line.as_bytes()).ok().and_then(|line| split(line, ',')) {
            Some(elements) => hops.extend(elements.into_iter().map(forwarded_for)),
            None => hops.push(None),
        }
    }
    hops
}

fn forwarded_for(element: &str) -> Option<IpAddr> {
    let mut found = None;
    for pair in split(element, ';')? {
        let (name, value) = pair.split_once('=')?;
        if name.trim().eq_ignore_ascii_case("for") && found.replace(value.trim()).is_some() {
            return None;
        }
    }
    let value = found?;
    // An address needs no escapes within its quotes.
    let unquoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    node(unquoted.unwrap_or(value))
}

/// The parts between separators outside of quotes; nothing where quotes stand as the grammar (RFC
/// 7239, section 4) has none: only a whole value is quoted. A proxy that appends to the client's own
/// line would otherwise have its element swallowed by a quote that the client left open.
fn split(text: &str, separator: char) -> Option<Vec<&str>> {
    let (mut parts, mut start) = (Vec::new(), 0);
    let mut place = Place::Outside { after_equals: false };
    for (position, character) in text.char_indices() {
        place = match (place, character) {
            (Place::Quoted, '\\') => Place::Escaped,
            (Place::Quoted, '"') => Place::Closed,
            (Place::Quoted | Place::Escaped, _) => Place::Quoted,
            (Place::Outside { after_equals: true }, '"') => Place::Quoted,
            (Place::Outside { .. } | Place::Closed, '"' | '\\') => return None,
            (Place::Closed, ' ' | '\t') => Place::Closed,
            (Place::Closed, character) if character != ';' && character != ',' => return None,
            (Place::Outside { .. } | Place::Closed, character) => {
                if character == separator {
                    parts.push(&text[start..position]);
                    start = position + separator.len_utf8();
                }
                Place::Outside { after_equals: character == '=' }
            }
        };
    }
    parts.push(&text[start..]);
    matches!(place, Place::Outside { .. } | Place::Closed).then_some(parts)
}

#[derive(Clone, Copy)]
enum Place {
    Outside {
        after_equals: bool,
    },
    Quoted,
    Escaped,
    /// Behind a quoted value, and before what separates it from the next.
    Closed,
}
