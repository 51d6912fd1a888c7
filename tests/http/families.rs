//! Which issuers belong to a family of tenants, and which of several verifiers a token gets
//! (requirement 72).

use std::convert::Infallible;

use http::StatusCode;
use tower_bearer::{AuthErrorKind, ConfigError, Grant, Issuer, SigningKey, Verifier};

use super::support::{ask, bearer};
use super::tenants::{Directory, PREFIX, app, is_refused, issuer, made_up};

#[tokio::test]
async fn nobody_is_asked_for_an_issuer_outside_of_the_family() {
    let directory = Directory::of(&["a"]);
    let app = app(directory.verifier());
    for name in [
        "https://id.example",
        PREFIX,
        "https://id.example.evil/a",
        "https://id.example@evil/a",
        "https://id.exampl/a",
        "http://id.example/a",
        "HTTPS://ID.EXAMPLE/a",
        " https://id.example/a",
        "https://evil/?https://id.example/a",
    ] {
        is_refused(&ask(&app, bearer(&made_up(name))).await, AuthErrorKind::InvalidIssuer);
    }
    for junk in ["a.b.c", "..", "e30.e30.", "eyJhbGciOiJIUzI1NiJ9.W10.AAAA"] {
        assert_eq!(ask(&app, bearer(junk)).await.status, StatusCode::UNAUTHORIZED, "{junk}");
    }
    assert_eq!(directory.asked(), 0);
}

#[test]
fn a_prefix_ends_behind_a_host_with_https() {
    let build = |prefix: &str| {
        let none = async |_: String| Ok::<_, Infallible>(None);
        let none = move |issuer| Box::pin(none(issuer));
        Verifier::tenants(prefix, none).build()
    };
    for prefix in [
        "https://id.example/",
        "https://id.example/realms/",
        "https://id.example:8443/",
        "https://[::1]:8443/",
        "http://localhost:8080/",
        "http://127.0.0.1:8080/realms/",
        "http://[::1]/",
    ] {
        assert!(build(prefix).is_ok(), "{prefix}");
    }
    for prefix in [
        "",
        "/",
        "https:/",
        "https://",
        "https:///",
        "https://id.example",
        "https://id.example/realms",
        "https://id.example/?a/",
        "https://id.example/#/",
        "https://id.example@evil/",
        "https://:id.example@evil/",
        "https://id:example@evil/",
        "https://ID.example/",
        "HTTPS://id.example/",
        "https://id.example:443/",
        "https://id.example/a/../",
        "https://id.example\\",
        "https://id.example/ /",
        " https://id.example/",
        "http://id.example/",
        "http://localhost.evil/",
        "http://127.0.0.1.evil/",
        "ftp://id.example/",
        "file:///",
        "id.example/",
    ] {
        let Err(error) = build(prefix) else { panic!("{prefix}") };
        let expected =
            matches!(error, ConfigError::InvalidValue { setting: "prefix of tenants", .. });
        assert!(expected, "{prefix}: {error}");
    }
    let error = Directory::of(&[]).builder().max_tenants(0).build().unwrap_err();
    assert!(matches!(error, ConfigError::InvalidValue { setting: "number of tenants", .. }));
}

#[tokio::test]
async fn an_issuer_by_name_comes_before_its_family_and_the_longer_prefix_before_the_shorter() {
    // Each family answers with a key of its own for whatever it is asked for.
    let keys = ["family", "branch", "named"].map(|_| SigningKey::generate_hs256().unwrap());
    let family = |prefix: &str, key: &SigningKey| {
        let key = key.clone();
        let builder = Verifier::tenants(prefix, move |issuer: String| {
            let built = Verifier::builder(&key).issuer(issuer).audience("api").build();
            async move { built.map(Some) }
        });
        builder.build().unwrap()
    };
    let named = |key: &SigningKey| {
        Issuer::new(key.clone()).issuer("https://id.example/x/named").audience("api")
    };
    let verifiers = [
        family(PREFIX, &keys[0]),
        family("https://id.example/x/", &keys[1]),
        named(&keys[2]).verifier().unwrap(),
    ];
    let reversed: Vec<Verifier> = verifiers.iter().rev().cloned().collect();
    for verifiers in [verifiers.to_vec(), reversed] {
        let verifier = Verifier::of_issuers(verifiers).unwrap();
        for (name, owner) in [
            ("https://id.example/a", 0),
            ("https://id.example/xy", 0),
            ("https://id.example/x", 0),
            ("https://id.example/x/", 0),
            ("https://id.example/x/a", 1),
            ("https://id.example/x/named/", 1),
            ("https://id.example/x/named", 2),
        ] {
            for (at, key) in keys.iter().enumerate() {
                let issuer = Issuer::new(key.clone()).issuer(name).audience("api");
                let token = issuer.issue(&Grant::new("alice")).unwrap();
                assert_eq!(verifier.verify(&token).await.is_ok(), at == owner, "{name} {at}");
            }
        }
    }
    let twice = Verifier::of_issuers([family(PREFIX, &keys[0]), family(PREFIX, &keys[1])]);
    let expected = ConfigError::InvalidValue {
        setting: "list of issuers",
        rule: "a prefix of tenants has one verifier",
    };
    assert_eq!(twice.unwrap_err(), expected);
    assert!(Verifier::of_issuers([family(PREFIX, &keys[0])]).is_ok(), "a family alone");
}

/// One's own secret is tried for one's own tokens alone, whatever a tenant claims to be.
#[tokio::test]
async fn r72_ones_own_issuer_beside_tenants() {
    let ours = Issuer::new(SigningKey::generate_hs256().unwrap().with_key_id("1"));
    let ours = ours.issuer("https://me").audience("api");
    let directory = Directory::of(&["a"]);
    let verifier = Verifier::of_issuers([directory.verifier(), ours.verifier().unwrap()]).unwrap();
    let app = app(verifier);
    let own = ours.issue(&Grant::new("own")).unwrap();
    assert_eq!(ask(&app, bearer(&own)).await.body, "own");
    assert_eq!(directory.asked(), 0, "nobody is asked for what is known");
    assert_eq!(ask(&app, bearer(&directory.token("a"))).await.body, "alice");
    let in_its_name = ours.clone().issuer(issuer("a")).issue(&Grant::new("mallory")).unwrap();
    is_refused(&ask(&app, bearer(&in_its_name)).await, AuthErrorKind::InvalidSignature);
    is_refused(&ask(&app, bearer(&made_up("https://me"))).await, AuthErrorKind::InvalidSignature);
    is_refused(&ask(&app, bearer(&made_up("https://you"))).await, AuthErrorKind::InvalidIssuer);
    assert_eq!(directory.asked(), 1);
}

#[test]
fn debug_tells_the_prefix_and_nothing_of_tenants() {
    let directory = Directory::of(&["a"]);
    for text in [format!("{:?}", directory.builder()), format!("{:?}", directory.verifier())] {
        assert!(text.contains(PREFIX), "{text}");
    }
}
