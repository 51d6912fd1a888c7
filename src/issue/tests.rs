use std::time::Duration;

use super::*;

const NOW: u64 = 1_700_000_000;

#[test]
fn r80_r81_minted_tokens_follow_rfc_9068() {
    let clock = Clock::manual(Duration::from_millis(NOW * 1000 + 900));
    let issuer = Issuer::for_tests().clock(clock);
    let grant = Grant::new("u1").scopes(["a", "b"]).roles(["r"]).session_id("s1");
    let minted = issuer.issue(&grant).unwrap();
    let parts = wire::split(&minted).unwrap();
    let header = wire::decode_text(parts.header).unwrap();
    assert_eq!(header, r#"{"alg":"HS256","typ":"at+jwt"}"#);
    let claims: serde_json::Value =
        serde_json::from_str(&wire::decode_text(parts.payload).unwrap()).unwrap();
    let id = claims["jti"].as_str().unwrap();
    assert_eq!(wire::decode(id).unwrap().len(), 16, "128 random bits");
    assert_eq!(
        claims,
        serde_json::json!({
            "iss": "https://issuer.test", "aud": "test", "sub": "u1", "client_id": "first-party",
            "iat": NOW, "exp": NOW + 900, "jti": id, "sid": "s1", "scope": "a b", "roles": ["r"],
        })
    );
    let again = issuer.issue(&grant.client_id("cli")).unwrap();
    let token = issuer.verifier().unwrap().check_at_hand(&again).unwrap();
    assert_ne!(token.id(), Some(id));
    assert_eq!(token.client_id(), Some("cli"));
    assert_eq!(token.session_id(), Some("s1"));
}

#[test]
fn an_issuer_that_is_not_configured_says_so() {
    let key = SigningKey::generate_hs256().unwrap();
    let nameless = Issuer::new(key.clone()).audience("api");
    assert_eq!(nameless.verifier().unwrap_err(), ConfigError::NoIssuer);
    assert!(nameless.issue(&Grant::new("a")).is_err());
    let undecided = Issuer::new(key).issuer("https://me").verifier().unwrap_err();
    assert_eq!(undecided, ConfigError::NoAudienceDecision);
    let issuer = Issuer::for_tests();
    for name in ["iss", "sub", "exp", "jti", "scope", "roles", "cnf"] {
        assert!(issuer.issue(&Grant::new("a").claim(name, "x")).is_err(), "{name}");
    }
    assert!(issuer.issue(&Grant::new("a").scopes(["two scopes"])).is_err());
}
