//! Several issuers behind one layer, each with keys and rules of its own (requirement 72).

use axum::Router;
use axum::routing::get;
use http::StatusCode;
use tower_bearer::{
    Algorithm, AuthErrorKind, ConfigError, Grant, Issuer, JwtAuthLayer, SigningKey, Token,
    Verifier, require_role,
};

use super::support::{ask, at, bearer, subject};

const SECRET: &str = "J8yOFyaWR5lcJmWMW2UO3WnF8v0QbIzE";

/// An issuer, and what one has to know to trust it.
struct Peer {
    name: &'static str,
    audience: &'static str,
    roles: &'static [&'static str],
    key: SigningKey,
}

/// One's own, under HMAC, beside two others. All call their key `1`.
fn peers() -> [Peer; 3] {
    let pem = |algorithm, pem: &str| SigningKey::from_pem(algorithm, pem).unwrap();
    [
        Peer {
            name: "https://me",
            audience: "api",
            roles: &["roles"],
            key: SigningKey::hs256(SECRET).unwrap(),
        },
        Peer {
            name: "https://partner",
            audience: "partner-api",
            roles: &["groups"],
            key: pem(Algorithm::EdDSA, include_str!("../keys/ed25519.pem")),
        },
        Peer {
            name: "https://cloud/",
            audience: "cloud-api",
            roles: &["realm_access", "roles"],
            key: pem(Algorithm::ES256, include_str!("../keys/p256.pem")),
        },
    ]
    .map(|peer| Peer { key: peer.key.with_key_id("1"), ..peer })
}

impl Peer {
    fn verifier(&self) -> Verifier {
        Verifier::builder(&self.key)
            .issuer(self.name)
            .audience(self.audience)
            .roles_claim(self.roles.iter().copied())
            .build()
            .unwrap()
    }

    /// A token of this issuer under any key.
    fn token(&self, key: &SigningKey, grant: &Grant) -> String {
        let issuer = Issuer::new(key.clone()).issuer(self.name).audience(self.audience);
        issuer.issue(grant).unwrap()
    }
}

fn verifier() -> Verifier {
    Verifier::of_issuers(peers().map(|peer| peer.verifier())).unwrap()
}

fn app() -> Router {
    let roles = async |token: Token| token.roles().collect::<Vec<_>>().join(" ");
    Router::new()
        .route("/", get(subject))
        .route("/roles", get(roles))
        .route("/staff", get(subject).route_layer(require_role("staff")))
        .layer(JwtAuthLayer::new(verifier()))
}

#[tokio::test]
async fn r72_a_token_of_each_issuer_gets_in_and_under_the_key_of_another_it_does_not() {
    let (app, peers) = (app(), peers());
    for (at, peer) in peers.iter().enumerate() {
        for (other, key) in peers.iter().map(|peer| &peer.key).enumerate() {
            let answer = ask(&app, bearer(&peer.token(key, &Grant::new("alice")))).await;
            if at == other {
                assert_eq!(answer.body, "alice", "{}", peer.name);
                continue;
            }
            let expected = (StatusCode::UNAUTHORIZED, Some(AuthErrorKind::AlgorithmMismatch));
            assert_eq!((answer.status, answer.kind), expected, "{}", peer.name);
        }
        // Of the same kind, and the same `kid`.
        let forged = SigningKey::generate_hs256().unwrap().with_key_id("1");
        let answer = ask(&app, bearer(&peer.token(&forged, &Grant::new("alice")))).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{}", peer.name);
    }
}

#[tokio::test]
async fn r72_issuers_with_keys_of_one_algorithm_keep_them_apart() {
    let issuers = ["https://a", "https://b"].map(|name| {
        let key = SigningKey::generate_hs256().unwrap().with_key_id("1");
        (name, key)
    });
    let build = |(name, key): &(&str, SigningKey)| {
        Verifier::builder(key).issuer(*name).audience("api").build().unwrap()
    };
    let verifier = Verifier::of_issuers(issuers.iter().map(build)).unwrap();
    for (name, _) in &issuers {
        for (owner, key) in &issuers {
            let issuer = Issuer::new(key.clone()).issuer(*name).audience("api");
            let kind = verifier.verify(&issuer.issue(&Grant::new("alice")).unwrap()).await;
            let kind = kind.err().map(|error| error.kind());
            let forged = (name != owner).then_some(AuthErrorKind::InvalidSignature);
            assert_eq!(kind, forged, "{name} by {owner}");
        }
    }
}

#[tokio::test]
async fn r72_each_issuer_has_its_own_audiences() {
    let (verifier, peers) = (verifier(), peers());
    for peer in &peers {
        for other in &peers {
            let issuer = Issuer::new(peer.key.clone()).issuer(peer.name).audience(other.audience);
            let token = issuer.issue(&Grant::new("alice")).unwrap();
            let kind = verifier.verify(&token).await.err().map(|error| error.kind());
            let expected = (peer.name != other.name).then_some(AuthErrorKind::InvalidAudience);
            assert_eq!(kind, expected, "{} for {}", peer.name, other.audience);
        }
    }
}

#[tokio::test]
async fn r85_each_issuer_has_its_own_claim_of_roles() {
    let app = app();
    let grant = Grant::new("alice")
        .roles(["of-roles"])
        .claim("groups", ["of-groups", "staff"])
        .claim("realm_access", serde_json::json!({"roles": ["of-realm"]}));
    for (peer, roles) in peers().iter().zip(["of-roles", "of-groups staff", "of-realm"]) {
        let token = peer.token(&peer.key, &grant);
        assert_eq!(ask(&app, at("/roles", bearer(&token))).await.body, roles);
        let staff = ask(&app, at("/staff", bearer(&token))).await.status;
        let expected = if roles.contains("staff") { StatusCode::OK } else { StatusCode::FORBIDDEN };
        assert_eq!(staff, expected, "{}: a role of another's claim is no role", peer.name);
    }
}

/// What nobody trusts is refused for its issuer, and not for its signature, which is never looked at.
#[tokio::test]
async fn r72_an_unknown_issuer_is_refused_without_a_look_at_the_signature() {
    let app = app();
    let key = SigningKey::hs256(SECRET).unwrap().with_key_id("1");
    for issuer in ["https://evil", "https://me/", "https://ME", "https://m", "https://me.evil"] {
        let issuer = Issuer::new(key.clone()).issuer(issuer).audience("api");
        let signed = issuer.issue(&Grant::new("alice")).unwrap();
        let (parts, _) = signed.rsplit_once('.').unwrap();
        let garbage = format!("{parts}.AAAA");
        for token in [&signed, &garbage] {
            let answer = ask(&app, bearer(token)).await;
            let expected = (StatusCode::UNAUTHORIZED, Some(AuthErrorKind::InvalidIssuer));
            assert_eq!((answer.status, answer.kind), expected, "{token}");
            assert_eq!(answer.parameter("error").as_deref(), Some("invalid_token"));
        }
    }
}

/// The public keys of the others are no secrets, and the secret is nobody else's key.
#[tokio::test]
async fn r52_the_secret_of_ones_own_issuer_is_no_key_for_tokens_of_others() {
    let (verifier, peers) = (verifier(), peers());
    let [ours, partner, cloud] = &peers;
    let published = [
        include_str!("../keys/ed25519.pub.pem"),
        include_str!("../keys/p256.pub.pem"),
        include_str!("../keys/ed25519.pub.pem").trim(),
        include_str!("../keys/p256.pub.pem").trim(),
    ];
    let confused = published.map(|pem| {
        SigningKey::insecure_from_guessable_secret(Algorithm::HS256, pem).unwrap().with_key_id("1")
    });
    for peer in [partner, cloud] {
        for key in confused.iter().chain([&ours.key]) {
            for key in [key.clone(), key.clone().with_key_id("2")] {
                let token = peer.token(&key, &Grant::new("alice"));
                let kind = verifier.verify(&token).await.unwrap_err().kind();
                let before_the_claims =
                    matches!(kind, AuthErrorKind::AlgorithmMismatch | AuthErrorKind::UnknownKey);
                assert!(before_the_claims, "{kind:?}");
            }
        }
    }
    for key in confused.iter().chain([&partner.key, &cloud.key]) {
        let token = ours.token(key, &Grant::new("alice"));
        assert!(verifier.verify(&token).await.is_err(), "nor are they keys of ours");
    }
}

#[test]
fn r72_a_list_of_issuers_has_each_once_and_all_with_their_name() {
    let [ours, partner, _] = peers();
    let nameless = || Verifier::builder(&ours.key).audience("api").build().unwrap();
    let of = |verifiers: Vec<Verifier>| Verifier::of_issuers(verifiers);
    let fault = |verifiers| match of(verifiers).unwrap_err() {
        ConfigError::InvalidValue { setting: "list of issuers", rule } => rule,
        other => panic!("{other}"),
    };
    let faults = [
        fault(Vec::new()),
        fault(vec![ours.verifier(), nameless()]),
        fault(vec![ours.verifier(), partner.verifier(), ours.verifier()]),
        fault(vec![ours.verifier(), verifier()]),
    ];
    for (at, rule) in faults.iter().enumerate() {
        assert_eq!(faults.iter().position(|other| other == rule), Some(at), "each says its own");
    }
    assert!(of(vec![ours.verifier()]).is_ok());
}

#[cfg(feature = "aws-lc-rs")]
mod under_a_right_signature {
    use serde_json::{Value, json};

    use super::super::token_pitfalls::sign_text;
    use super::*;

    /// Claims as text, of which `issuer` is the member or the members `iss`.
    fn token(issuer: &str) -> String {
        let header = r#"{"alg":"HS256","kid":"1"}"#;
        let comma = if issuer.is_empty() { "" } else { "," };
        sign_text(
            header,
            &format!(r#"{{{issuer}{comma}"aud":"api","exp":99999999999,"sub":"alice"}}"#),
        )
    }

    #[tokio::test]
    async fn r72_an_issuer_of_another_form_picks_nobody() {
        use AuthErrorKind::{InvalidClaims, InvalidIssuer};

        let app = app();
        assert_eq!(ask(&app, bearer(&token(r#""iss":"https://me""#))).await.body, "alice");
        let escaped = token(r#""\u0069ss":"https:\/\/m\u0065""#);
        assert_eq!(ask(&app, bearer(&escaped)).await.body, "alice", "the same, in other letters");
        let mut cases: Vec<(String, AuthErrorKind)> = [
            (json!(["https://me"]), InvalidClaims),
            (json!([]), InvalidClaims),
            (json!({"https://me": 1}), InvalidClaims),
            (json!(1), InvalidClaims),
            (json!(true), InvalidClaims),
            (json!(null), InvalidClaims),
            (json!("https://m"), InvalidIssuer),
            (json!("https://me "), InvalidIssuer),
            (json!(" https://me"), InvalidIssuer),
            (json!("https://me/"), InvalidIssuer),
            (json!("https://ME"), InvalidIssuer),
            (json!("HTTPS://me"), InvalidIssuer),
            (json!("https://me:443"), InvalidIssuer),
            (json!("http://me"), InvalidIssuer),
            (json!("https://me\u{0}"), InvalidIssuer),
            (json!("https://me,https://partner"), InvalidIssuer),
            (json!("https://cloud"), InvalidIssuer),
            (json!(""), InvalidIssuer),
        ]
        .map(|(issuer, kind): (Value, _)| (token(&format!(r#""iss":{issuer}"#)), kind))
        .into();
        cases.push((token(""), InvalidIssuer));
        cases.push((token(r#""Iss":"https://me""#), InvalidIssuer));
        cases.push((token(r#""sub":{"iss":"https://me"}"#), InvalidIssuer));
        for (token, kind) in cases {
            let answer = ask(&app, bearer(&token)).await;
            let expected = (StatusCode::UNAUTHORIZED, Some(kind));
            assert_eq!((answer.status, answer.kind), expected, "{token}");
        }
    }

    /// Whichever of the two a reader takes, it is none.
    #[tokio::test]
    async fn r49_r72_two_issuers_in_one_token_are_none() {
        let app = app();
        for issuers in [
            r#""iss":"https://me","iss":"https://me""#,
            r#""iss":"https://partner","iss":"https://me""#,
            r#""iss":"https://me","iss":"https://partner""#,
            r#""iss":"https://evil","\u0069ss":"https://me""#,
            r#""\u0069ss":"https://me","iss":"https://evil""#,
            r#""iss":"https://me","i\u0073\u0073":"https://me""#,
            r#""iss":null,"iss":"https://me""#,
        ] {
            let answer = ask(&app, bearer(&token(issuers))).await;
            let expected = (StatusCode::UNAUTHORIZED, Some(AuthErrorKind::InvalidClaims));
            assert_eq!((answer.status, answer.kind), expected, "{issuers}");
        }
    }

    /// The look-up reads no more than `iss`: all else is judged by the issuer's verifier, in full.
    #[tokio::test]
    async fn r49_r50_what_is_beside_the_issuer_is_judged_behind_the_look_up() {
        let app = app();
        for rest in [
            r#""iss":"https://me","sub":"bob""#,
            r#""iss":"https://me","a":{"b":1,"b":2}"#,
            r#""iss":"https://me","exp":1"#,
        ] {
            let answer = ask(&app, bearer(&token(rest))).await;
            let expected = (StatusCode::UNAUTHORIZED, Some(AuthErrorKind::InvalidClaims));
            assert_eq!((answer.status, answer.kind), expected, "{rest}");
        }
        for claims in ["", "null", "[]", "\"https://me\"", "{\"iss\":\"https://me\"} {}", "{"] {
            let token = sign_text(r#"{"alg":"HS256","kid":"1"}"#, claims);
            let answer = ask(&app, bearer(&token)).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{claims}");
        }
    }
}
