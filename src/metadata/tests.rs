//! URLs that name a service, and where their documents are.

use proptest::prelude::*;

use super::url::check_link;
use super::*;

fn url(text: &str) -> Result<ServiceUrl, ConfigError> {
    ServiceUrl::new(text, "test")
}

#[test]
fn a_service_url_is_https_or_this_machine_and_has_one_form() {
    for text in [
        "https://a.example",
        "https://a.example/",
        "https://a.example:8443/v1/",
        "https://[2001:db8::1]/x",
        "https://[2001:db8::1]:8443",
        "https://a.example/a%20b/~c;d=e,f@g:h",
        "http://localhost",
        "http://localhost:8080/x",
        "http://127.0.0.1:1",
        "http://127.8.9.10/x",
        "http://[::1]:8080/x",
    ] {
        assert_eq!(url(text).unwrap().as_str(), text, "letter by letter");
    }
    for text in [
        "",
        "/path",
        "a.example",
        "https://",
        "https:///x",
        "HTTPS://a.example",
        "ftp://a.example",
        "http://a.example/x",
        "http://localhost.a.example/x",
        "http://127.0.0.1.a.example/x",
        "http://10.0.0.1/x",
        "http://[::2]/x",
        "https://user@a.example",
        "https://user:password@a.example",
        "https://a.example:",
        "https://a.example:0",
        "https://a.example:65536",
        "https://a.example:8x",
        "https://a.example:+8",
        "https://[::1",
        "https://[1.2.3.4]",
        "https://[::1]x",
        "https://a.example?",
        "https://a.example/?a=b",
        "https://a.example#",
        "https://a.example/#a",
        "https://a.example/\"x",
        "https://a.example/a b",
        "https://a.example/{id}",
        "https://a.example/[x]",
        "https://a.example\\x",
        "https://a.example/\r\nx: y",
        "https://a.example/\u{e9}",
        "https://\u{e9}.example/",
        "https://a.example/%",
        "https://a.example/%2",
        "https://a.example/%zz",
        "https://a.example/a/../b",
        "https://a.example/./b",
        "https://a.example/a/%2E%2e",
        "https://a.example/..",
    ] {
        let error = url(text).unwrap_err();
        assert!(matches!(error, ConfigError::InvalidValue { setting: "test", .. }), "{text:?}");
    }
}

#[test]
fn a_link_may_have_a_query_and_no_fragment() {
    for text in ["https://a.example/docs", "https://a.example/docs?page=1&x=a/b?c"] {
        check_link(text, "test").unwrap();
    }
    for text in ["https://a.example/?a=b#c", "https://a.example/?a=\"", "http://a.example/?a"] {
        assert!(check_link(text, "test").is_err(), "{text}");
    }
}

#[test]
fn r135_the_well_known_part_stands_between_host_and_path() {
    for (resource, expected) in [
        // RFC 9728, section 3.1.
        (
            "https://resource.example.com",
            "https://resource.example.com/.well-known/oauth-protected-resource",
        ),
        (
            "https://resource.example.com/",
            "https://resource.example.com/.well-known/oauth-protected-resource",
        ),
        (
            "https://resource.example.com/resource1",
            "https://resource.example.com/.well-known/oauth-protected-resource/resource1",
        ),
        (
            "https://a.example:8443/v1/x/",
            "https://a.example:8443/.well-known/oauth-protected-resource/v1/x/",
        ),
        ("http://[::1]:80/a", "http://[::1]:80/.well-known/oauth-protected-resource/a"),
    ] {
        let metadata = ResourceMetadata::new(resource).unwrap();
        assert_eq!(metadata.url(), expected);
        assert!(
            expected.ends_with(&metadata.path()) && metadata.path().starts_with("/.well-known")
        );
        let document: Value = serde_json::from_str(metadata.service().body()).unwrap();
        assert_eq!(document["resource"], resource);
    }
}

#[test]
fn what_says_nothing_is_no_member() {
    let mut members = Members::new();
    set(&mut members, "list", ["a"].as_slice());
    for nothing in [Value::Null, "".into(), Vec::<String>::new().into(), Members::new().into()] {
        set(&mut members, "list", nothing.clone());
        set(&mut members, "new", nothing);
        assert!(members.is_empty());
        set(&mut members, "list", false);
    }
}

fn hosts() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?(\\.[a-z]{2,6}){0,2}",
        any::<std::net::Ipv4Addr>().prop_map(|address| address.to_string()),
        any::<std::net::Ipv6Addr>().prop_map(|address| format!("[{address}]")),
    ]
}

proptest! {
    #[test]
    fn r135_a_url_is_taken_apart_and_put_together(
        host in hosts(),
        port in proptest::option::of(1..=u16::MAX),
        path in "(/[a-zA-Z0-9_~%20-]{0,6}){0,4}",
    ) {
        let path = path.replace('%', "%25");
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        let resource = format!("https://{host}{port}{path}");
        let metadata = ResourceMetadata::new(resource.clone()).unwrap();
        let known = metadata.url();
        // Without the inserted part it is the identifier again, but for a slash alone.
        let (before, after) = known.split_once("/.well-known/oauth-protected-resource").unwrap();
        prop_assert_eq!(before, format!("https://{host}{port}"));
        let back = format!("{before}{after}");
        prop_assert_eq!(back, if path == "/" { resource[..resource.len() - 1].to_owned() } else { resource });
        let uri: http::Uri = known.parse().unwrap();
        prop_assert_eq!(uri.path(), metadata.path());
        prop_assert_eq!(uri.query(), None);
    }

    #[test]
    fn what_is_taken_reads_as_a_uri_and_fits_a_header(text in "https?://\\PC{0,24}") {
        if let Ok(url) = url(&text) {
            let uri: http::Uri = url.as_str().parse().unwrap();
            prop_assert!(uri.host().is_some() && uri.query().is_none());
            prop_assert!(!url.as_str().contains(['"', '\\', ' ', '#']));
            let authority = uri.authority().unwrap().as_str();
            prop_assert!(url.origin().ends_with(authority) && !authority.contains('@'));
        }
    }
}
