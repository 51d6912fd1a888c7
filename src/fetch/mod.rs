//! What is fetched from other servers: over HTTPS, in bounded time, up to a bounded size.

use url::{Host, Url};

/// Whether a URL may be asked: `https`, or `http` to this machine.
pub(crate) fn is_safe(url: &Url) -> bool {
    match url.scheme() {
        "https" => true,
        "http" => match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        },
        _ => false,
    }
}
