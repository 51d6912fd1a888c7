//! URLs that name a service: an issuer (RFC 8414, section 2), a resource (RFC 9728, section 1.2).

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::ConfigError;

/// An absolute URL over https, or over http to this machine, without user, query and fragment, in a
/// form that no client reads as another: identifiers are compared letter by letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServiceUrl {
    text: String,
    /// Where the path begins: behind scheme, host and port.
    path_at: usize,
}

impl ServiceUrl {
    /// `setting` is what the URL is for, in the error.
    pub(crate) fn new(text: impl Into<String>, setting: &'static str) -> Result<Self, ConfigError> {
        let text = text.into();
        match path_at(&text) {
            Ok(path_at) => Ok(Self { text, path_at }),
            Err(rule) => Err(ConfigError::InvalidValue { setting, rule }),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Scheme, host and port, without a slash at the end.
    pub(crate) fn origin(&self) -> &str {
        &self.text[..self.path_at]
    }

    /// Its path; empty where it is a slash alone.
    pub(crate) fn path(&self) -> &str {
        match &self.text[self.path_at..] {
            "/" => "",
            path => path,
        }
    }
}

/// Whether a page or document may be named: as for a [`ServiceUrl`], and with a query, if need be.
pub(crate) fn check_link(text: &str, setting: &'static str) -> Result<(), ConfigError> {
    let before_query = text
        .split_once('?')
        .map_or(text, |(before, query)| if query.bytes().all(is_url_byte) { before } else { "" });
    ServiceUrl::new(before_query, setting).map(|_| ())
}

/// Where the path of the URL begins, or the rule that it breaks.
fn path_at(text: &str) -> Result<usize, &'static str> {
    let is_plain = text.starts_with("http://");
    let scheme = if is_plain { "http://" } else { "https://" };
    let rest = text.strip_prefix(scheme).ok_or("it begins with https://")?;
    if rest.contains(['?', '#']) {
        return Err("it has neither query nor fragment");
    }
    if !text.bytes().all(is_url_byte) || !escapes_are_whole(rest) {
        return Err("it is a URL, with other characters percent-encoded");
    }
    let authority = rest.split('/').next().unwrap_or_default();
    let host = host(authority).ok_or("it has a host, perhaps a port, and no user")?;
    if is_plain && !is_loopback(host) {
        return Err("it begins with https://; with http:// it is for this machine alone");
    }
    let path = &rest[authority.len()..];
    if path.contains(['[', ']']) {
        return Err("it is a URL, with other characters percent-encoded");
    }
    if path.split('/').any(is_dot_segment) {
        return Err("its path has no part `.` or `..`, which clients take out");
    }
    Ok(scheme.len() + authority.len())
}

/// RFC 3986, section 2.
fn is_url_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/@!$&'()*+,;=%[]?".contains(&byte)
}

fn escapes_are_whole(text: &str) -> bool {
    text.split('%').skip(1).all(|after| {
        let digits = after.as_bytes();
        digits.len() >= 2 && digits[..2].iter().all(u8::is_ascii_hexdigit)
    })
}

/// The host of an authority, where it is one and nothing but a port follows.
fn host(authority: &str) -> Option<&str> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']')?;
            address.parse::<Ipv6Addr>().ok()?;
            (&authority[..address.len() + 2], port)
        }
        None => {
            let end = authority.find(':').unwrap_or(authority.len());
            let (host, port) = authority.split_at(end);
            let of_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
            if host.is_empty() || !host.bytes().all(of_name) {
                return None;
            }
            (host, port)
        }
    };
    let is_port = port.is_empty()
        || port.strip_prefix(':').is_some_and(|port| {
            port.bytes().all(|byte| byte.is_ascii_digit())
                && port.parse::<u16>().is_ok_and(|port| port != 0)
        });
    is_port.then_some(host)
}

/// This machine, as the fetching side has it.
fn is_loopback(host: &str) -> bool {
    match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(address) => address.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback()),
        None => {
            host == "localhost"
                || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
        }
    }
}

/// One that clients resolve before they ask, percent-encoded or not (WHATWG URL, 4.1).
fn is_dot_segment(segment: &str) -> bool {
    matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..")
}
