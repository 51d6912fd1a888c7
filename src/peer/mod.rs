//! Who is at the other end of the connection, whether that is a proxy whose word counts, and whom
//! it speaks for.

mod client;
mod forwarded;

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use http::Extensions;
use ipnet::IpNet;

use crate::ConfigError;

pub use client::AddressSource;

/// The address of whoever opened the connection. The server puts it into the extensions of every
/// request, since tower has no standard place for it.
///
/// # Examples
///
/// What an accept loop does with each connection:
///
/// ```
/// use http::{Request, Response};
/// use tower::{ServiceBuilder, ServiceExt};
/// use tower_bearer::PeerAddr;
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// # let address: std::net::SocketAddr = "192.0.2.7:50000".parse()?;
/// // let (stream, address) = listener.accept().await?;
/// let service = ServiceBuilder::new()
///     .map_request(move |mut request: Request<String>| {
///         request.extensions_mut().insert(PeerAddr(address));
///         request
///     })
///     .service_fn(|request: Request<String>| async move {
///         let peer = request.extensions().get::<PeerAddr>().map(|peer| peer.0.to_string());
///         Ok::<_, std::convert::Infallible>(Response::new(peer.unwrap_or_default()))
///     });
/// assert_eq!(service.oneshot(Request::default()).await?.body(), "192.0.2.7:50000");
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run()).unwrap();
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PeerAddr(pub SocketAddr);

/// The proxies whose forwarding headers are believed: those whose connections come from one of
/// these networks.
///
/// Name the proxies' own addresses, as narrowly as you can. Whoever connects from one of them can
/// claim any scheme. An IPv4 address that is written as IPv6 (`::ffff:10.0.0.1`, RFC 4291, section
/// 2.5.5.2), as sockets that take both see it, is that IPv4 address.
///
/// # Examples
///
/// ```
/// use tower_bearer::TrustedProxies;
///
/// # fn main() -> Result<(), tower_bearer::ConfigError> {
/// let proxies = TrustedProxies::new(["10.0.0.0/8", "::1"])?;
/// assert!(proxies.contains("10.1.2.3".parse().unwrap()));
/// assert!(proxies.contains("::ffff:10.1.2.3".parse().unwrap()));
/// assert!(!proxies.contains("192.0.2.7".parse().unwrap()));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct TrustedProxies {
    networks: Arc<[IpNet]>,
    peer: Option<Arc<PeerOf>>,
}

type PeerOf = dyn Fn(&Extensions) -> Option<IpAddr> + Send + Sync;

impl TrustedProxies {
    /// Trusts these addresses (`192.0.2.1`, `::1`) and networks (`10.0.0.0/8`, RFC 4632, section
    /// 3.1; `fd00::/8`, RFC 4291, section 2.3). Without any, nobody is trusted.
    ///
    /// # Errors
    ///
    /// When one is neither, has bits beyond its prefix (`10.0.0.1/8`), or is every address.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::TrustedProxies;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let proxies = TrustedProxies::new(["10.0.0.0/8", "2001:db8::7"])?;
    /// assert!(proxies.contains("10.1.2.3".parse()?));
    /// assert!(TrustedProxies::new(["proxy.example"]).is_err()); // a name is no address
    /// # Ok(())
    /// # }
    /// ```
    pub fn new<I, T>(networks: I) -> Result<Self, ConfigError>
    where
        I: IntoIterator<Item = T>,
        T: AsRef<str>,
    {
        let networks = networks.into_iter().map(|text| network(text.as_ref()));
        Ok(Self { networks: networks.collect::<Result<_, _>>()?, peer: None })
    }

    /// Says where the address of the peer is found in the extensions of a request. Default: in
    /// [`PeerAddr`]. Where it returns `None`, the peer is not trusted. A second call replaces the
    /// first.
    ///
    /// Take it from the connection, never from a header. A server that listens on a Unix socket
    /// alone, which only its proxy can open, may answer with the loopback address.
    ///
    /// # Examples
    ///
    /// With `axum::serve` and `into_make_service_with_connect_info::<SocketAddr>()`:
    ///
    /// ```
    /// use std::net::SocketAddr;
    ///
    /// use axum::{Router, extract::ConnectInfo, routing::get};
    /// use tower_bearer::{SchemeSource, TrustedProxies, require_https};
    ///
    /// # fn main() -> Result<(), tower_bearer::ConfigError> {
    /// let proxies = TrustedProxies::new(["10.0.0.0/8"])?
    ///     .peer(|extensions| Some(extensions.get::<ConnectInfo<SocketAddr>>()?.0.ip()));
    /// let app: Router = Router::new()
    ///     .route("/", get(|| async { "hello" }))
    ///     .layer(require_https(SchemeSource::forwarded(proxies)));
    /// let service = app.into_make_service_with_connect_info::<SocketAddr>();
    /// # let _ = service;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn peer<F>(mut self, peer: F) -> Self
    where
        F: Fn(&Extensions) -> Option<IpAddr> + Send + Sync + 'static,
    {
        self.peer = Some(Arc::new(peer));
        self
    }

    /// Whether the address is that of a trusted proxy.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::TrustedProxies;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let proxies = TrustedProxies::new(["10.0.0.0/8"])?;
    /// assert!(proxies.contains("::ffff:10.1.2.3".parse()?)); // as a socket of IPv6 has it
    /// assert!(!proxies.contains("192.0.2.7".parse()?));
    /// # Ok(())
    /// # }
    /// ```
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.networks.iter().any(|network| network.contains(&address))
    }

    /// The address of the peer, as far as the server told it.
    pub(crate) fn peer_of(&self, extensions: &Extensions) -> Option<IpAddr> {
        match &self.peer {
            Some(peer) => peer(extensions),
            None => extensions.get::<PeerAddr>().map(|peer| peer.0.ip()),
        }
    }
}

impl fmt::Debug for TrustedProxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrustedProxies").field("networks", &self.networks).finish_non_exhaustive()
    }
}

fn network(text: &str) -> Result<IpNet, ConfigError> {
    const FORM: &str = "it must be an IP address, or a network such as 10.0.0.0/8";
    let invalid = |rule| ConfigError::InvalidValue { setting: "address of a trusted proxy", rule };

    let (address, prefix) = text.split_once('/').unzip();
    // The standard library takes no leading zeros, which some read as octal; ipnet does.
    let address: IpAddr = address.unwrap_or(text).parse().map_err(|_| invalid(FORM))?;
    let network: IpNet = match prefix {
        Some(_) => text.parse().map_err(|_| invalid(FORM))?,
        None => IpNet::from(address),
    };
    if network.trunc() != network {
        return Err(invalid("it has bits beyond its prefix; write 10.0.0.0/8, not 10.0.0.1/8"));
    }
    let prefix = network.prefix_len();
    let network = match address.to_canonical() {
        // Peers are compared as IPv4, too.
        IpAddr::V4(mapped) if address.is_ipv6() => {
            let prefix = prefix.checked_sub(96).ok_or_else(|| invalid(FORM))?;
            IpNet::new(IpAddr::V4(mapped), prefix).map_err(|_| invalid(FORM))?
        }
        _ => network,
    };
    if network.prefix_len() == 0 {
        return Err(invalid("a prefix of 0 trusts everybody; name the networks of the proxies"));
    }
    Ok(network)
}
