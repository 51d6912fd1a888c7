//! `X-Forwarded-Proto`: who is believed, and what it may say.

use std::net::{IpAddr, SocketAddr};

use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{HeaderValue, Request};
use tower_bearer::{ConfigError, PeerAddr, SchemeSource, TrustedProxies, require_https};

use super::support::{at, request};
use super::transport::{over_tls, passes};

/// A request from this peer with these lines of `X-Forwarded-Proto`.
fn forwarded(peer: &str, lines: &[&[u8]]) -> Request<Body> {
    let mut request = at("https://example.org/", request([]));
    request.extensions_mut().insert(PeerAddr(SocketAddr::new(peer.parse().unwrap(), 50_000)));
    for line in lines {
        request.headers_mut().append("x-forwarded-proto", HeaderValue::from_bytes(line).unwrap());
    }
    request
}

#[tokio::test]
async fn r197_a_proxy_is_believed_by_its_address_alone() {
    let networks = ["10.0.0.0/8", "192.0.2.1", "::1", "fd00::/8", "::ffff:198.51.100.0/120"];
    let layer = require_https(SchemeSource::forwarded(TrustedProxies::new(networks).unwrap()));
    for trusted in [
        "10.0.0.0",
        "10.255.255.255",
        "::ffff:10.1.2.3",
        "192.0.2.1",
        "::ffff:192.0.2.1",
        "::1",
        "fd12::1",
        "198.51.100.255",
        "::ffff:198.51.100.7",
    ] {
        assert!(passes(&layer, forwarded(trusted, &[b"https"])).await, "{trusted}");
        assert!(!passes(&layer, forwarded(trusted, &[b"http"])).await, "{trusted}");
        assert!(!passes(&layer, forwarded(trusted, &[])).await, "{trusted}");
    }
    for spoofer in [
        "9.255.255.255",
        "11.0.0.0",
        "192.0.2.2",
        "::ffff:192.0.2.2",
        "::2",
        "fe80::1",
        "127.0.0.1",
        // An IPv4-compatible address (RFC 4291, section 2.5.5.1) is another one.
        "::10.1.2.3",
        "198.51.101.0",
    ] {
        let mut request = forwarded(spoofer, &[b"https"]);
        let x_forwarded_for = HeaderValue::from_static("10.0.0.1");
        request.headers_mut().insert("x-forwarded-for", x_forwarded_for);
        assert!(!passes(&layer, over_tls(request)).await, "{spoofer}");
    }
    let mut nobody = forwarded("10.0.0.1", &[b"https"]);
    nobody.extensions_mut().remove::<PeerAddr>();
    assert!(!passes(&layer, nobody).await, "no peer is no proxy");

    let none = TrustedProxies::new([""; 0]).unwrap();
    let layer = require_https(SchemeSource::forwarded(none));
    assert!(!passes(&layer, forwarded("127.0.0.1", &[b"https"])).await);
}

#[tokio::test]
async fn r197_every_proxy_on_the_way_must_say_https() {
    let proxies = TrustedProxies::new(["10.0.0.1"]).unwrap();
    let layer = require_https(SchemeSource::forwarded(proxies));
    let accepted: [&[&[u8]]; 8] = [
        &[b"wss"],
        &[b"https"],
        &[b"HTTPS"],
        &[b"https,https"],
        &[b"https, Https\t,\thttps"],
        &[b"https", b"https"],
        &[b" \t https \t "],
        &[b"https, https", b"https"],
    ];
    for lines in accepted {
        assert!(passes(&layer, forwarded("10.0.0.1", lines)).await, "{lines:?}");
    }
    let refused: [&[&[u8]]; 18] = [
        &[],
        &[b""],
        &[b"http"],
        &[b"https,http"],
        &[b"http,https"],
        &[b"https", b"http"],
        &[b"http", b"https"],
        &[b"https", b""],
        &[b"https,"],
        &[b",https"],
        &[b"https,,https"],
        &[b"https https"],
        &[b"https;q=1"],
        &[b"\"https\""],
        &[b"https\xe9"],
        &[b"http\xc5\xbf"],
        &[b"\xa0https"],
        &[b"ws"],
    ];
    for lines in refused {
        assert!(!passes(&layer, forwarded("10.0.0.1", lines)).await, "{lines:?}");
    }
}

#[tokio::test]
async fn the_peer_is_where_the_server_put_it() {
    let proxies = TrustedProxies::new(["10.0.0.0/8"])
        .unwrap()
        .peer(|extensions| Some(extensions.get::<ConnectInfo<SocketAddr>>()?.0.ip()));
    let layer = require_https(SchemeSource::forwarded(proxies));
    for (peer, trusted) in [("[::ffff:10.0.0.1]:1", true), ("192.0.2.1:1", false)] {
        // `PeerAddr` plays no part any longer.
        let mut request = forwarded(if trusted { "192.0.2.1" } else { "10.0.0.1" }, &[b"https"]);
        let peer: SocketAddr = peer.parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(peer));
        assert_eq!(passes(&layer, request).await, trusted, "{peer}");
    }
    assert!(!passes(&layer, forwarded("10.0.0.1", &[b"https"])).await);
}

#[test]
fn a_proxy_is_an_address_or_a_network() {
    for (text, rule) in [
        ("", "IP address"),
        ("localhost", "IP address"),
        ("10.0.0.1:80", "IP address"),
        ("[::1]", "IP address"),
        (" 10.0.0.1", "IP address"),
        ("10.0.0.0/", "IP address"),
        ("10.0.0.0/33", "IP address"),
        ("10.0.0.0/8/8", "IP address"),
        ("10.0.0.0/+8", "IP address"),
        ("10.0.0.0/-1", "IP address"),
        ("10.0.0.0/255.0.0.0", "IP address"),
        ("010.0.0.0/8", "IP address"),
        ("10.0/16", "IP address"),
        ("::/129", "IP address"),
        ("fe80::1%eth0", "IP address"),
        ("10.0.0.1/8", "beyond its prefix"),
        ("fd00::1/8", "beyond its prefix"),
        ("0.0.0.0/0", "trusts everybody"),
        ("::/0", "trusts everybody"),
        ("::ffff:0:0/96", "trusts everybody"),
    ] {
        let error = TrustedProxies::new(["::1", text]).unwrap_err();
        assert!(matches!(error, ConfigError::InvalidValue { .. }), "{text}");
        assert!(error.to_string().contains(rule), "{text}: {error}");
    }
    let proxies = TrustedProxies::new(vec![String::from("10.0.0.0/31")]).unwrap();
    let contained = |text: &str| proxies.contains(text.parse::<IpAddr>().unwrap());
    assert!(contained("10.0.0.1") && contained("::ffff:10.0.0.1") && !contained("10.0.0.2"));
    assert_eq!(format!("{proxies:?}"), "TrustedProxies { networks: [10.0.0.0/31], .. }");
}
