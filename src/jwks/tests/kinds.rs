//! Key sets with all sorts of keys in them.

use super::*;
use crate::SigningKey;

const PRIVATE: &str = include_str!("../../../tests/keys/private.jwks.json");

/// A key of the test set, and its public half.
fn key_of(kid: &str) -> (OwnIssuer, Value) {
    let all: Value = serde_json::from_str(PRIVATE).unwrap();
    let find = |set: &Value| {
        let keys = set["keys"].as_array().unwrap();
        keys.iter().find(|key| key["kid"] == kid).unwrap().clone()
    };
    let own = json!({ "keys": [find(&all)] }).to_string();
    let issuer =
        OwnIssuer::new(SigningKeys::from_jwks(&own).unwrap()).issuer(ISSUER).audience("api");
    let public: Value = serde_json::from_str(&SigningKeys::public_jwks(PRIVATE).unwrap()).unwrap();
    (issuer, find(&public))
}

async fn verifier(provider: &Provider, keys: Vec<Value>, remote: RemoteKeySet) -> Verifier {
    provider.network.answer(KEYS, Answer::ok(json!({ "keys": keys }).to_string()));
    provider.builder(remote).build().await.unwrap()
}

fn token(provider: &Provider, issuer: &OwnIssuer) -> String {
    issuer.clone().clock(provider.clock.clone()).issue(&Grant::new("alice")).unwrap()
}

#[tokio::test(start_paused = true)]
async fn pitfall_keys_of_unknown_types_or_for_encryption_are_skipped_one_by_one() {
    let key = Key::new("good");
    let provider = Provider::new(&[]);
    let weak = json!({ "kty": "RSA", "kid": "weak", "n": "AQAB", "e": "AQAB" });
    let mut encryption = Key::new("encryption").jwk;
    encryption["use"] = "enc".into();
    let mut wraps = Key::new("wraps").jwk;
    wraps["key_ops"] = json!(["wrapKey"]);
    let mut later = Key::new("later").jwk;
    later["alg"] = "ML-DSA-44".into();
    let keys = vec![
        json!({ "kty": "AKP", "kid": "akp", "alg": "ML-DSA-44", "pub": "AAAA" }),
        json!({ "kty": "EC", "kid": "curve", "crv": "secp256k1", "x": "AAAA", "y": "AAAA" }),
        json!({ "kty": "RSA", "kid": "oaep", "alg": "RSA-OAEP", "n": "AQAB", "e": "AQAB" }),
        json!({ "kid": "typeless" }),
        json!("text"),
        json!({ "kty": "RSA", "kid": 7 }),
        json!({ "kty": "EC", "crv": "P-256", "kid": "torn" }),
        weak,
        encryption,
        wraps,
        later,
        key.jwk.clone(),
    ];
    let verifier = verifier(&provider, keys, provider.keys()).await;
    assert!(verify(&verifier, &provider.token(&key)).await.is_ok());
    let status = &verifier.key_status()[0];
    assert_eq!((status.key_count(), status.skipped().len()), (1, 11));
    assert_eq!(status.key_ids().collect::<Vec<_>>(), ["good"]);
    assert!(status.skipped()[7].starts_with("key 8 (kid \"weak\"): "), "{:?}", status.skipped());
}

#[tokio::test(start_paused = true)]
async fn pitfall_an_rsa_key_without_alg_as_microsoft_has_them_is_used() {
    let (issuer, mut jwk) = key_of("RS256");
    jwk.as_object_mut().unwrap().remove("alg");
    let provider = Provider::new(&[]);
    let verifier = verifier(&provider, vec![jwk], provider.keys()).await;
    assert!(verify(&verifier, &token(&provider, &issuer)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn an_rsa_key_without_alg_gets_the_first_that_is_configured() {
    let (issuer, mut jwk) = key_of("PS384");
    jwk.as_object_mut().unwrap().remove("alg");
    let provider = Provider::new(&[]);
    let remote = provider.keys().algorithms([Algorithm::EdDSA, Algorithm::PS384, Algorithm::RS256]);
    let verifier = verifier(&provider, vec![jwk], remote).await;
    assert!(verify(&verifier, &token(&provider, &issuer)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn pitfall_an_ec_key_is_no_error_at_the_start() {
    for kid in ["ES256", "ES384", "EdDSA", "RS256"] {
        let (issuer, jwk) = key_of(kid);
        let provider = Provider::new(&[]);
        let verifier = verifier(&provider, vec![jwk], provider.keys()).await;
        assert!(verify(&verifier, &token(&provider, &issuer)).await.is_ok(), "{kid}");
    }
}

#[tokio::test(start_paused = true)]
async fn r187_keys_of_other_algorithms_than_configured_are_not_used() {
    let provider = Provider::new(&[]);
    let keys: Vec<Value> = ["RS256", "ES256", "EdDSA"].iter().map(|kid| key_of(kid).1).collect();
    let remote = provider.keys().algorithms([Algorithm::ES256]);
    let verifier = verifier(&provider, keys, remote).await;
    assert!(verify(&verifier, &token(&provider, &key_of("ES256").0)).await.is_ok());
    assert!(verify(&verifier, &token(&provider, &key_of("RS256").0)).await.is_err());
    assert_eq!(verifier.key_status()[0].skipped().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_secret_is_never_taken_from_elsewhere() {
    let secret = "J8yOFyaWR5lcJmWMW2UO3WnF8v0QbIzE";
    let oct = json!({ "kty": "oct", "alg": "HS256", "kid": "1",
        "k": crate::token::wire::encode(secret) });
    let good = Key::new("2");
    let provider = Provider::new(&[]);
    let verifier = verifier(&provider, vec![oct, good.jwk.clone()], provider.keys()).await;
    let key = SigningKey::hs256(secret).unwrap().with_key_id("1");
    let issuer = OwnIssuer::new(key).issuer(ISSUER).audience("api");
    assert!(verify(&verifier, &token(&provider, &issuer)).await.is_err());
    let status = &verifier.key_status()[0];
    assert!(status.skipped()[0].contains("a secret") && !status.skipped()[0].contains(secret));
}

#[tokio::test(start_paused = true)]
async fn r57_all_keys_with_the_same_kid_are_tried() {
    let (one, two) = (Key::new("same"), Key::new("same"));
    let provider = Provider::new(&[&one, &two]);
    let verifier = provider.verifier().await;
    for key in [&one, &two] {
        assert!(verify(&verifier, &provider.token(key)).await.is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn r187_a_set_with_a_thousand_keys() {
    let keys: Vec<Key> = (0..1000).map(|number| Key::new(&format!("key-{number}"))).collect();
    let provider = Provider::new(&keys.iter().collect::<Vec<_>>());
    let verifier = provider.verifier().await;
    assert_eq!(verifier.key_status()[0].key_count(), 1000);
    for key in [&keys[0], &keys[500], &keys[999]] {
        assert!(verify(&verifier, &provider.token(key)).await.is_ok());
    }
    assert_eq!(
        verify(&verifier, &forged("key-1000")).await.unwrap_err(),
        AuthErrorKind::UnknownKey
    );
}

#[tokio::test(start_paused = true)]
async fn of_keys_that_are_skipped_the_first_hundred_are_told() {
    let key = Key::new("good");
    let provider = Provider::new(&[]);
    let mut keys = vec![json!(0); 100_000];
    keys.push(key.jwk.clone());
    let verifier = verifier(&provider, keys, provider.keys()).await;
    assert!(verify(&verifier, &provider.token(&key)).await.is_ok());
    let status = &verifier.key_status()[0];
    assert_eq!((status.key_count(), status.skipped().len()), (1, 100));
}

#[tokio::test(start_paused = true)]
async fn the_look_up_of_a_key_allocates_nothing() {
    let keys: Vec<Key> = (0..1000).map(|number| Key::new(&format!("key-{number}"))).collect();
    let provider = Provider::new(&keys.iter().collect::<Vec<_>>());
    let cache = provider.keys().start(provider.clock.clone()).unwrap();
    cache.fetch_first().await.unwrap();
    let look_up = || {
        let now = provider.clock.now();
        let keys = cache.at_hand(now).unwrap();
        for kid in ["key-0", "key-999", "key-1000"] {
            let verdict = keys.verify(Some(Algorithm::EdDSA), Some(kid), b"a", &[7; 64]);
            assert!(verdict.is_err());
        }
    };
    // What a thread has of its own is made at the first call.
    look_up();
    assert_eq!(allocation_counter::measure(look_up).count_total, 0);
}

#[tokio::test(start_paused = true)]
async fn a_token_without_kid_costs_no_thousand_signature_checks() {
    use crate::key::MAX_TRIES;
    let mut keys: Vec<Key> = (0..1000).map(|number| Key::new(&format!("key-{number}"))).collect();
    let last = keys.pop().unwrap();
    keys.insert(MAX_TRIES, last);
    let provider = Provider::new(&keys.iter().collect::<Vec<_>>());
    let verifier = provider.verifier().await;
    let nameless = |at: usize| {
        let clock = provider.clock.clone();
        let set = json!({ "keys": [keys[at].private.clone()] }).to_string();
        let key = SigningKeys::from_jwks(&set).unwrap();
        sign_without_kid(key.signing_key(), &clock)
    };
    assert!(verify(&verifier, &nameless(MAX_TRIES - 1)).await.is_ok());
    let kind = verify(&verifier, &nameless(MAX_TRIES)).await.unwrap_err();
    assert_eq!(kind, AuthErrorKind::InvalidSignature);
    // With its name it is found wherever it is.
    assert!(verify(&verifier, &provider.token(&keys[MAX_TRIES])).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_token_without_kid_may_be_of_a_new_key() {
    let (old, new) = (Key::new("1"), Key::new("2"));
    let provider = Provider::new(&[&old]);
    let verifier = provider.verifier().await;
    provider.publish(&[&new]);
    advance(MINUTE).await;
    let set = json!({ "keys": [new.private] }).to_string();
    let keys = SigningKeys::from_jwks(&set).unwrap();
    let token = sign_without_kid(keys.signing_key(), &provider.clock);
    assert!(verify(&verifier, &token).await.is_ok());
    assert_eq!(provider.fetches(), 2);
}

fn sign_without_kid(key: &SigningKey, clock: &Clock) -> String {
    use crate::token::wire::encode;
    let exp = clock.now().as_secs() + 60;
    let claims = json!({ "iss": ISSUER, "aud": "api", "exp": exp }).to_string();
    let signed = format!("{}.{}", encode(r#"{"alg":"EdDSA"}"#), encode(claims));
    let signature = encode(key.sign(signed.as_bytes()).unwrap());
    format!("{signed}.{signature}")
}

#[tokio::test(start_paused = true)]
async fn a_set_with_only_bad_keys_says_why_when_it_is_built() {
    let provider = Provider::new(&[]);
    provider.network.answer(KEYS, Answer::ok(r#"{"keys":[{"kty":"oct","k":"AAAA"}]}"#));
    let error = provider.builder(provider.keys()).build().await.unwrap_err().to_string();
    assert!(error.contains("no key that is used") && error.contains("a secret"), "{error}");
}
