//! The client's address: from the connection, or from a header of a trusted proxy (the first half
//! of requirement 177).

use std::net::{IpAddr, SocketAddr};

use http::{Extensions, HeaderMap, HeaderValue};
use tower_bearer::{AddressSource, PeerAddr, TrustedProxies};

fn proxies() -> TrustedProxies {
    TrustedProxies::new(["10.0.0.0/8", "2001:db8:ffff::/48"]).unwrap()
}

/// The address of a client at this peer, with these lines of a header.
fn address(source: &AddressSource, peer: &str, header: &'static str, lines: &[&str]) -> String {
    let mut extensions = Extensions::new();
    extensions.insert(PeerAddr(SocketAddr::new(peer.parse().unwrap(), 50_000)));
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append(header, HeaderValue::from_bytes(line.as_bytes()).unwrap());
    }
    source.address(&headers, &extensions).unwrap().to_string()
}

#[test]
fn the_connection_tells_the_address_unless_proxies_are_trusted() {
    let headers = ["192.0.2.7"];
    for (source, peer, expected) in [
        (AddressSource::default(), "10.0.0.1", "10.0.0.1"),
        (AddressSource::connection(), "::ffff:10.0.0.1", "10.0.0.1"),
        (AddressSource::x_forwarded_for(proxies()), "10.0.0.1", "192.0.2.7"),
        (AddressSource::x_forwarded_for(proxies()), "::ffff:10.0.0.1", "192.0.2.7"),
        (AddressSource::x_forwarded_for(proxies()), "2001:db8:ffff::1", "192.0.2.7"),
        // From whoever is no proxy the header is not read.
        (AddressSource::x_forwarded_for(proxies()), "198.51.100.9", "198.51.100.9"),
        (AddressSource::x_forwarded_for(proxies()), "2001:db8::1", "2001:db8::1"),
        (AddressSource::forwarded(proxies()), "10.0.0.1", "10.0.0.1"),
    ] {
        assert_eq!(address(&source, peer, "x-forwarded-for", &headers), expected, "{source:?}");
    }
    let source = AddressSource::x_forwarded_for(proxies());
    let mut headers = HeaderMap::new();
    headers.insert("x-forwarded-for", HeaderValue::from_static("192.0.2.7"));
    assert_eq!(source.address(&headers, &Extensions::new()), None, "no peer, no address");

    let told = proxies().peer(|extensions| extensions.get::<IpAddr>().copied());
    let mut extensions = Extensions::new();
    extensions.insert::<IpAddr>([10, 0, 0, 1].into());
    let address = AddressSource::x_forwarded_for(told).address(&headers, &extensions);
    assert_eq!(address, Some([192, 0, 2, 7].into()));
}

#[test]
fn x_forwarded_for_names_the_right_most_address_that_is_no_proxy() {
    let source = AddressSource::x_forwarded_for(proxies());
    let cases: [(&[&str], &str); 16] = [
        (&[], "10.0.0.1"),
        (&["192.0.2.7"], "192.0.2.7"),
        (&["  192.0.2.7\t"], "192.0.2.7"),
        (&["203.0.113.5, 192.0.2.7"], "192.0.2.7"),
        (&["203.0.113.5,192.0.2.7, 10.0.0.2 , 10.0.0.3"], "192.0.2.7"),
        // A client that claims to be a proxy is the client all the same.
        (&["10.9.9.9, 192.0.2.7"], "192.0.2.7"),
        // The lines are one list.
        (&["203.0.113.5", "192.0.2.7", "10.0.0.2"], "192.0.2.7"),
        // Only proxies: the first of them asks for itself.
        (&["10.0.0.9, 10.0.0.2"], "10.0.0.9"),
        (&["192.0.2.7:41000"], "192.0.2.7"),
        (&["2001:db8::7"], "2001:db8::7"),
        (&["[2001:db8::7]"], "2001:db8::7"),
        (&["[2001:db8::7]:41000"], "2001:db8::7"),
        (&["::ffff:192.0.2.7"], "192.0.2.7"),
        (&["203.0.113.5, ::ffff:10.0.0.2"], "203.0.113.5"),
        // What is no address ends the search at the proxy that wrote it.
        (&["192.0.2.7, unknown, 10.0.0.2"], "10.0.0.2"),
        (&["192.0.2.7, "], "10.0.0.1"),
    ];
    for (lines, expected) in cases {
        assert_eq!(address(&source, "10.0.0.1", "x-forwarded-for", lines), expected, "{lines:?}");
    }
    for slip in ["192.0.2.7.1", "0300.0.2.7", "192.0.2", "[192.0.2.7]", "é", "\"192.0.2.7\""] {
        assert_eq!(address(&source, "10.0.0.1", "x-forwarded-for", &[slip]), "10.0.0.1", "{slip}");
    }
}

#[test]
fn forwarded_is_read_by_its_grammar() {
    let source = AddressSource::forwarded(proxies());
    let cases: [(&[&str], &str); 15] = [
        (&["for=192.0.2.7"], "192.0.2.7"),
        (&["For=192.0.2.7;proto=https;by=10.0.0.1"], "192.0.2.7"),
        (&["proto=https ; FOR = 192.0.2.7"], "192.0.2.7"),
        (&[r#"for="192.0.2.7:41000""#], "192.0.2.7"),
        (&[r#"for="[2001:db8::7]""#], "2001:db8::7"),
        (&[r#"for="[2001:db8::7]:41000""#], "2001:db8::7"),
        (&["for=203.0.113.5, for=192.0.2.7,for=10.0.0.2"], "192.0.2.7"),
        (&["for=203.0.113.5", "for=192.0.2.7, for=10.0.0.2"], "192.0.2.7"),
        // What a client wrote, quoted by the proxy, is no element of its own.
        (&[r#"for=192.0.2.7;host="x, for=198.51.100.1""#], "192.0.2.7"),
        (&[r#"for=192.0.2.7;host="x;for=198.51.100.1""#], "192.0.2.7"),
        (&[r#"for=192.0.2.7;host="x\", for=198.51.100.1""#], "192.0.2.7"),
        // RFC 7239, sections 6.2 and 6.3.
        (&["for=192.0.2.7, for=unknown"], "10.0.0.1"),
        (&["for=192.0.2.7, for=_hidden, for=10.0.0.2"], "10.0.0.2"),
        (&["for=192.0.2.7, proto=https"], "10.0.0.1"),
        (&["for=203.0.113.5;for=192.0.2.7"], "10.0.0.1"),
    ];
    for (lines, expected) in cases {
        assert_eq!(address(&source, "10.0.0.1", "forwarded", lines), expected, "{lines:?}");
    }
    for slip in
        [r#"for="192.0.2.7"#, r#"for=192.0.2.7;host="x\""#, "for", "", "for=", "for=192.0.2.7;x"]
    {
        assert_eq!(address(&source, "10.0.0.1", "forwarded", &[slip]), "10.0.0.1", "{slip}");
    }
    // The client opens a quote that swallows what the proxy appends to the client's own line.
    for swallowed in [
        r#"for=6.6.6.6;x=", for=192.0.2.1;host="a\"""#,
        r#"for=6.6.6.6;x=", for=192.0.2.1;host=a"#,
        r#"for=6.6.6.6;x=", for=192.0.2.1;host="a""#,
        r#"for=6.6.6.6;x=", for=192.0.2.1;host="""#,
        r#"for=6.6.6.6;x=", for=192.0.2.1;host=";for=9.9.9.9""#,
        r#"for=6.6.6.6;x=", for="[2001:db8::1]";proto=https"#,
    ] {
        assert_eq!(
            address(&source, "10.0.0.1", "forwarded", &[swallowed]),
            "10.0.0.1",
            "{swallowed}"
        );
        let own_line = [swallowed, "for=192.0.2.1"];
        assert_eq!(address(&source, "10.0.0.1", "forwarded", &own_line), "192.0.2.1");
    }
    let open = ["for=192.0.2.7", r#"for="198.51.100.1"#];
    assert_eq!(address(&source, "10.0.0.1", "forwarded", &open), "10.0.0.1");
}
