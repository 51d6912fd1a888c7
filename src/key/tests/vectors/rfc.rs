//! The appendices of RFC 7515 and RFC 8037.

use std::time::Duration;

use super::*;
use crate::Clock;

/// The `exp` of the claims that RFC 7515 signs in its appendix A.
const EXP: u64 = 1_300_819_380;

fn appendices() -> Option<Vec<Value>> {
    document("rfc_vectors.json").map(|document| document["vectors"].as_array().unwrap().clone())
}

#[test]
fn rfc_7515_and_8037_appendices() {
    let Some(appendices) = appendices() else { return };
    assert_eq!(appendices.len(), 6);
    let vectors: Vec<Vector> = appendices.iter().map(vector).collect();
    check_all("rfc_vectors.json", &vectors, &[]);
}

#[test]
fn rfc_7515_appendix_a_is_accepted_until_its_exp() {
    let Some(appendices) = appendices() else { return };
    let mut seen = 0;
    for vector in appendices.iter().map(vector).filter(|one| one.name.starts_with("rfc7515-A")) {
        for backend in Backend::ALL {
            let clock = Clock::manual(Duration::from_secs(EXP - 1));
            let verifier = Verifier::builder(KeySet::read(*backend, &vector.keys).unwrap())
                .issuer("joe")
                .any_audience()
                .leeway(Duration::ZERO)
                .clock(clock.clone())
                .build()
                .unwrap();
            if !vector.valid {
                assert!(verifier.check_at_hand(&vector.token).is_err(), "{}", vector.name);
                continue;
            }
            let token = verifier.check_at_hand(&vector.token).unwrap();
            let claims: Value = token.claims().unwrap();
            assert_eq!(claims["http://example.com/is_root"], true, "{}", vector.name);
            clock.advance(Duration::from_secs(1));
            assert_eq!(verifier.check_at_hand(&vector.token).unwrap_err(), AuthErrorKind::Expired);
            seen += 1;
        }
    }
    assert_eq!(seen, 3 * Backend::ALL.len(), "A.1, A.2 and A.3");
}

fn vector(appendix: &Value) -> Vector {
    // An unsecured token has no key, so that one of ours has to refuse it.
    let ours = json!({ "kty": "oct", "k": crate::token::wire::encode(SECRET), "alg": "HS256" });
    let key = appendix.get("jwk").filter(|key| !key.is_null()).unwrap_or(&ours);
    Vector {
        name: text(&appendix["id"]),
        keys: key_set(key, &appendix["alg"]),
        token: text(&appendix["jws"]),
        valid: appendix["result"] == "valid",
    }
}
