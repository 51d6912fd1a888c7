//! Key sets that are made and rotated.

use std::time::Duration;

use serde_json::Value;

use super::*;
use crate::{Clock, Grant, Issuer};

const HOUR: Duration = Duration::from_secs(3600);
const NOW: Duration = Duration::from_secs(1_700_000_000);
const MADE: [Algorithm; 6] = [
    Algorithm::HS256,
    Algorithm::HS384,
    Algorithm::HS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

fn kids(jwks: &str) -> Vec<String> {
    let keys = SigningKeys::from_jwks(jwks).unwrap();
    keys.iter().map(|key| key.key_id().unwrap().to_owned()).collect()
}

fn issuer(jwks: &str, clock: &Clock) -> Issuer {
    let keys = SigningKeys::from_jwks(jwks).unwrap();
    Issuer::new(keys)
        .issuer("https://me")
        .audience("api")
        .access_token_lifetime(HOUR)
        .leeway(Duration::ZERO)
        .clock(clock.clone())
}

#[test]
fn new_sets_have_a_key_that_signs_and_the_next() {
    for algorithm in MADE {
        let jwks = SigningKeys::new_jwks(algorithm, NOW).unwrap();
        let keys = SigningKeys::from_jwks(&jwks).unwrap();
        assert!(keys.iter().all(|key| key.algorithm() == algorithm), "{algorithm}");
        let [first, second] = kids(&jwks).try_into().unwrap();
        assert_ne!(first, second);
        let bytes = if algorithm.name().starts_with("HS") { 16 } else { 32 };
        assert_eq!(crate::token::wire::decode(&first).unwrap().len(), bytes, "{algorithm}");
        // All backends read what each makes.
        for maker in Backend::ALL {
            let made = rotation::generate(*maker, algorithm, NOW).unwrap();
            for reader in Backend::ALL {
                assert!(private_jwk::key(*reader, made.clone()).is_ok(), "{algorithm} {maker:?}");
            }
        }
    }
    let rsa = SigningKeys::new_jwks(Algorithm::RS256, NOW).unwrap_err();
    assert!(rsa.to_string().contains("openssl genpkey -algorithm rsa"), "{rsa}");
}

#[test]
fn the_thumbprint_is_that_of_rfc_8037() {
    // Appendix A.3.
    let x = crate::token::wire::decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap();
    for backend in Backend::ALL {
        let thumbprint = public_jwk::PublicJwk::ed(&x).thumbprint(*backend).unwrap();
        assert_eq!(thumbprint, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }
}

#[test]
fn r186_two_keys_are_active_while_a_rotation_goes_round_the_nodes() {
    for algorithm in MADE {
        let clock = Clock::manual(NOW);
        let before = SigningKeys::new_jwks(algorithm, NOW - 26 * HOUR).unwrap();
        let after = SigningKeys::rotate_jwks(&before, None, NOW).unwrap();
        let (old, new) = (issuer(&before, &clock), issuer(&after, &clock));
        let tokens = [&old, &new].map(|node| node.issue(&Grant::new("alice")).unwrap());
        let kid = |token: &str| {
            let header = wire_header(token);
            header["kid"].as_str().unwrap().to_owned()
        };
        assert_eq!(
            [kid(&tokens[0]), kid(&tokens[1])],
            [&kids(&before)[0], &kids(&after)[0]].map(Clone::clone)
        );
        assert_ne!(kid(&tokens[0]), kid(&tokens[1]));
        for node in [&old, &new] {
            for token in &tokens {
                assert!(node.verifier().unwrap().check_at_hand(token).is_ok(), "{algorithm}");
            }
        }
    }
}

#[test]
fn r186_an_old_key_verifies_until_its_last_token_is_over_and_then_is_unknown() {
    let clock = Clock::manual(NOW);
    let first = SigningKeys::new_jwks(Algorithm::ES256, NOW - 26 * HOUR).unwrap();
    let last_of_old = issuer(&first, &clock).issue(&Grant::new("alice")).unwrap();
    let second = SigningKeys::rotate_jwks(&first, None, NOW).unwrap();
    let verifier = issuer(&second, &clock).verifier().unwrap();
    clock.advance(HOUR - Duration::from_secs(1));
    assert!(verifier.check_at_hand(&last_of_old).is_ok());
    clock.advance(Duration::from_secs(1));
    assert_eq!(verifier.check_at_hand(&last_of_old).unwrap_err(), AuthErrorKind::Expired);

    let third = SigningKeys::rotate_jwks(&second, None, NOW + 26 * HOUR).unwrap();
    assert!(!kids(&third).contains(&kids(&first)[0]));
    // Back in its time: not the end of the token counts, but that its key is gone.
    clock.set(NOW);
    let verifier = issuer(&third, &clock).verifier().unwrap();
    assert_eq!(verifier.check_at_hand(&last_of_old).unwrap_err(), AuthErrorKind::UnknownKey);
    let renamed = last_of_old.split_once('.').unwrap().1;
    let header = crate::token::wire::encode(r#"{"alg":"ES256","typ":"at+jwt","kid":"nobody"}"#);
    let unknown = verifier.check_at_hand(&format!("{header}.{renamed}")).unwrap_err();
    assert_eq!(unknown, AuthErrorKind::UnknownKey);
}

#[test]
fn a_rotation_moves_each_key_one_place_on() {
    let first = SigningKeys::new_jwks(Algorithm::EdDSA, NOW).unwrap();
    let early = SigningKeys::rotate_jwks(&first, None, NOW + 24 * HOUR).unwrap_err();
    assert_eq!(early, ConfigError::RotatedTooEarly { wait: HOUR });
    assert!(early.to_string().ends_with("rotate again in 60 minutes"), "{early}");

    let second = SigningKeys::rotate_jwks(&first, None, NOW + 25 * HOUR).unwrap();
    let [a, b] = kids(&first).try_into().unwrap();
    let [signs, c, before] = kids(&second).try_into().unwrap();
    assert_eq!((&signs, &before), (&b, &a));
    let third = SigningKeys::rotate_jwks(&second, Some(Algorithm::HS256), NOW + 50 * HOUR).unwrap();
    let [signs, d, before] = kids(&third).try_into().unwrap();
    assert_eq!((&signs, &before), (&c, &b));
    let algorithm =
        |at| SigningKeys::from_jwks(&third).unwrap().iter().nth(at).unwrap().algorithm();
    assert_eq!([algorithm(0), algorithm(1)], [Algorithm::EdDSA, Algorithm::HS256]);
    // The algorithm of the newest goes on.
    let fourth = SigningKeys::rotate_jwks(&third, None, NOW + 75 * HOUR).unwrap();
    assert_eq!(kids(&fourth)[0], d);
    let keys = SigningKeys::from_jwks(&fourth).unwrap();
    assert!(keys.iter().take(2).all(|key| key.algorithm() == Algorithm::HS256));
}

#[test]
fn a_set_made_by_hand_gets_a_next_key_before_it_is_rotated() {
    let own = include_str!("../../../tests/keys/private.jwks.json");
    let added = SigningKeys::rotate_jwks(own, Some(Algorithm::ES256), NOW).unwrap();
    let (before, mut after) = (kids(own), kids(&added));
    let next = after.remove(1);
    assert_eq!(after, before, "an older key is never taken for the next");
    let rotated = SigningKeys::rotate_jwks(&added, None, NOW + 25 * HOUR).unwrap();
    let rotated = kids(&rotated);
    assert_eq!([&rotated[0], &rotated[2]], [&next, &before[0]]);
    assert_eq!(rotated.len(), 3);
}

#[test]
fn the_public_half_has_no_secret() {
    let private = include_str!("../../../tests/keys/private.jwks.json");
    let public = SigningKeys::public_jwks(private).unwrap();
    let keys = set::members(&public).unwrap();
    assert_eq!(keys.len(), 5, "the secret of HMAC is left out");
    for key in &keys {
        let members: Vec<&str> = key.as_object().unwrap().keys().map(String::as_str).collect();
        for secret in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            assert!(!members.contains(&secret), "{members:?}");
        }
    }
    assert_eq!(KeySet::from_jwks(&public).unwrap().len(), 5);
    assert!(SigningKeys::from_jwks(&public).is_err());
}

/// RFC 9864 names the algorithm of tokens anew, and a strict reader compares the two names.
#[test]
fn the_public_half_names_algorithms_as_tokens_do() {
    let private = r#"{"keys": [{"kid": "a", "alg": "Ed25519", "kty": "OKP", "crv": "Ed25519",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}]}"#;
    let issuer = Issuer::new(SigningKeys::from_jwks(private).unwrap());
    let token = issuer.issuer("https://me").audience("api").issue(&Grant::new("alice")).unwrap();
    let public = set::members(SigningKeys::public_jwks(private).unwrap()).unwrap();
    assert_eq!(public[0]["alg"], wire_header(&token)["alg"]);
}

fn wire_header(token: &str) -> Value {
    let header = token.split('.').next().unwrap();
    serde_json::from_str(&crate::token::wire::decode_text(header).unwrap()).unwrap()
}
