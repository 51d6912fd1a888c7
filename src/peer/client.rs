//! The address of the client, which may stand behind proxies.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use http::{Extensions, HeaderMap};

use super::{PeerAddr, TrustedProxies, forwarded};

/// Who tells the address of the client: the connection, or a header that trusted proxies write.
///
/// Behind proxies, the address is the right-most one in the header that is not a trusted proxy's
/// own: what stands left of it was sent by the client, who may write what they like. An entry that
/// is no address (`unknown`, `_hidden`, a slip) ends the search at the proxy that wrote it. From a
/// peer that is not trusted the header is not read at all.
///
/// Name the header that your proxies write, one of two: the other is the client's to write.
/// A proxy that puts what a client sent, such as its `Host`, into `Forwarded` must quote and escape it
/// (RFC 7239, section 4), or better replace the header than append to it.
/// IPv4 addresses written as IPv6 (`::ffff:192.0.2.1`) are IPv4 addresses.
///
/// # Examples
///
/// ```
/// use http::{Extensions, HeaderMap};
/// use tower_bearer::{AddressSource, PeerAddr, TrustedProxies};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let source = AddressSource::x_forwarded_for(TrustedProxies::new(["10.0.0.0/8"])?);
///
/// let mut extensions = Extensions::new();
/// extensions.insert(PeerAddr("10.0.0.9:41000".parse()?));
/// let mut headers = HeaderMap::new();
/// headers.insert("x-forwarded-for", "203.0.113.5, 192.0.2.7, 10.0.0.8".parse()?);
///
/// // 203.0.113.5 is what the client claimed to stand for.
/// assert_eq!(source.address(&headers, &extensions), Some("192.0.2.7".parse()?));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct AddressSource(Source);

#[derive(Clone)]
enum Source {
    Connection,
    Forwarded(TrustedProxies),
    XForwardedFor(TrustedProxies),
}

impl AddressSource {
    /// The other end of the connection, from [`PeerAddr`]: for a service that clients reach
    /// directly. This is the default wherever a source can be set. `LoginRouter` takes what axum's
    /// `ConnectInfo<SocketAddr>` has for it too: serve with
    /// `into_make_service_with_connect_info::<SocketAddr>()`.
    ///
    /// # Examples
    ///
    /// ```
    /// use http::{Extensions, HeaderMap};
    /// use tower_bearer::{AddressSource, PeerAddr};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut extensions = Extensions::new();
    /// extensions.insert(PeerAddr("192.0.2.7:50000".parse()?)); // by the server
    /// let mut headers = HeaderMap::new();
    /// headers.insert("x-forwarded-for", "203.0.113.5".parse()?);
    ///
    /// let address = AddressSource::connection().address(&headers, &extensions);
    /// assert_eq!(address, Some("192.0.2.7".parse()?)); // whatever the headers say
    /// # Ok(())
    /// # }
    /// ```
    pub const fn connection() -> Self {
        Self(Source::Connection)
    }

    /// The `for` parameters of `Forwarded` (RFC 7239, section 5.2).
    ///
    /// # Examples
    ///
    /// ```
    /// use http::{Extensions, HeaderMap};
    /// use tower_bearer::{AddressSource, PeerAddr, TrustedProxies};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut extensions = Extensions::new();
    /// extensions.insert(PeerAddr("10.0.0.1:50000".parse()?)); // by the server
    /// let mut headers = HeaderMap::new();
    /// headers.insert("forwarded", "for=192.0.2.7;proto=https".parse()?);
    ///
    /// let source = AddressSource::forwarded(TrustedProxies::new(["10.0.0.0/8"])?);
    /// assert_eq!(source.address(&headers, &extensions), Some("192.0.2.7".parse()?));
    /// # Ok(())
    /// # }
    /// ```
    pub const fn forwarded(proxies: TrustedProxies) -> Self {
        Self(Source::Forwarded(proxies))
    }

    /// `X-Forwarded-For`: addresses separated by commas, each maybe with a port.
    ///
    /// # Examples
    ///
    /// ```
    /// use http::{Extensions, HeaderMap};
    /// use tower_bearer::{AddressSource, PeerAddr, TrustedProxies};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut extensions = Extensions::new();
    /// extensions.insert(PeerAddr("10.0.0.1:50000".parse()?)); // by the server
    /// let mut headers = HeaderMap::new();
    /// headers.insert("x-forwarded-for", "203.0.113.5, 192.0.2.7".parse()?);
    ///
    /// let source = AddressSource::x_forwarded_for(TrustedProxies::new(["10.0.0.0/8"])?);
    /// // The proxy added the second. The first is what its client claims.
    /// assert_eq!(source.address(&headers, &extensions), Some("192.0.2.7".parse()?));
    /// # Ok(())
    /// # }
    /// ```
    pub const fn x_forwarded_for(proxies: TrustedProxies) -> Self {
        Self(Source::XForwardedFor(proxies))
    }

    /// The proxies whose word counts; nothing where nobody's does.
    #[cfg(feature = "login")]
    pub(crate) const fn proxies(&self) -> Option<&TrustedProxies> {
        match &self.0 {
            Source::Connection => None,
            Source::Forwarded(proxies) | Source::XForwardedFor(proxies) => Some(proxies),
        }
    }

    /// The client's address; nothing where the server told no address of the peer.
    pub fn address(&self, headers: &HeaderMap, extensions: &Extensions) -> Option<IpAddr> {
        let (proxies, hops) = match &self.0 {
            Source::Connection => {
                let peer = extensions.get::<PeerAddr>()?;
                return Some(peer.0.ip().to_canonical());
            }
            Source::Forwarded(proxies) => (proxies, forwarded::hops as Hops),
            Source::XForwardedFor(proxies) => (proxies, x_forwarded_for as Hops),
        };
        let mut address = proxies.peer_of(extensions)?.to_canonical();
        if !proxies.contains(address) {
            return Some(address);
        }
        for hop in hops(headers).into_iter().rev() {
            let Some(hop) = hop else { break };
            address = hop.to_canonical();
            if !proxies.contains(address) {
                break;
            }
        }
        Some(address)
    }
}

impl Default for AddressSource {
    fn default() -> Self {
        Self::connection()
    }
}

impl fmt::Debug for AddressSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Source::Connection => f.write_str("Connection"),
            Source::Forwarded(proxies) => f.debug_tuple("Forwarded").field(proxies).finish(),
            Source::XForwardedFor(proxies) => {
                f.debug_tuple("XForwardedFor").field(proxies).finish()
            }
        }
    }
}

/// The entries of a header from left to right, nothing for one that is no address.
type Hops = fn(&HeaderMap) -> Vec<Option<IpAddr>>;

fn x_forwarded_for(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    headers
        .get_all("x-forwarded-for")
        .iter()
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
        .map(|entry| node(std::str::from_utf8(entry).ok()?.trim()))
        .collect()
}

/// An address, maybe with a port. IPv6 stands in brackets (RFC 7239, section 6), but
/// `X-Forwarded-For` is mostly written without.
pub(super) fn node(text: &str) -> Option<IpAddr> {
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Some(address.ip());
    }
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    match bare {
        Some(address) => Some(IpAddr::V6(address.parse().ok()?)),
        None => text.parse().ok(),
    }
}
