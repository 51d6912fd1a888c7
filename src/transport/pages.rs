//! The redirect of browser pages.

use std::net::Ipv6Addr;

use http::request::Parts;
use http::uri::Authority;
use http::{HeaderValue, Method};

use crate::ConfigError;

/// The origin that pages are redirected to: `https://`, host and port, without a slash.
#[derive(Clone, Debug)]
pub(super) struct Pages {
    origin: String,
}

impl Pages {
    pub(super) fn at(origin: &str) -> Result<Self, ConfigError> {
        let authority = origin
            .strip_prefix("https://")
            .map(|rest| rest.strip_suffix('/').unwrap_or(rest))
            .and_then(|rest| rest.parse::<Authority>().ok())
            .filter(is_host_and_port)
            .ok_or(ConfigError::InvalidValue {
                setting: "origin that pages are redirected to",
                rule: "it must be `https://`, a host and perhaps a port, and nothing else",
            })?;
        Ok(Self { origin: format!("https://{authority}") })
    }

    /// Where to find the page over https; nothing where the request asks for no page.
    pub(super) fn location(&self, parts: &Parts) -> Option<HeaderValue> {
        let path = parts.uri.path();
        // Only a slash ends the host: `*`, or what else a target may be, would become part of it.
        let page = matches!(parts.method, Method::GET | Method::HEAD) && path.starts_with('/');
        if !page {
            return None;
        }
        let location = match parts.uri.query() {
            Some(query) => format!("{}{path}?{query}", self.origin),
            None => format!("{}{path}", self.origin),
        };
        // A URI is visible ASCII (RFC 3986, section 2); `Uri` and `HeaderValue` let more through.
        let is_uri = location.bytes().all(|byte| byte.is_ascii_graphic());
        HeaderValue::try_from(location).ok().filter(|_| is_uri)
    }
}

/// Without user information, and with nothing in it that a browser would read as something else.
fn is_host_and_port(authority: &Authority) -> bool {
    let host = authority.host();
    let address = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let is_host = match address {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => {
            !host.is_empty()
                && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
        }
    };
    let is_port = match authority.as_str().strip_prefix(host) {
        Some("") => true,
        Some(rest) => rest.strip_prefix(':').is_some_and(|port| {
            port.bytes().all(|byte| byte.is_ascii_digit())
                && port.parse::<u16>().is_ok_and(|port| port != 0)
        }),
        None => false,
    };
    is_host && is_port
}
