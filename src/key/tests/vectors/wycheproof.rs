//! Wycheproof: json_web_signature, json_web_crypto and json_web_key.

use super::*;

const MALFORMED: Verdict = Verdict::Refused(AuthErrorKind::MalformedToken);

const SIGNATURE: &[Deliberate] = &[
    Deliberate {
        names: &["259", "264", "268", "272", "320", "325"],
        verdict: MALFORMED,
        reason: "a payload without bytes holds no claims; the empty part is refused unread",
    },
    Deliberate {
        names: &["263", "267", "271", "275", "323", "328"],
        verdict: MALFORMED,
        reason: "a payload that is not UTF-8 is no JSON, and refused before the signature",
    },
    Deliberate {
        names: &["346", "350"],
        verdict: Verdict::Refused(AuthErrorKind::AlgorithmMismatch),
        reason: "the key says PS256 and the token PS384; the algorithm is that of the key",
    },
    Deliberate {
        names: &["347", "351"],
        verdict: Verdict::KeyRefused,
        reason: "a key for ES512, which is not supported, and whose alg is misspelt",
    },
    Deliberate {
        names: &["372", "373"],
        verdict: MALFORMED,
        reason: "a `?` in the text is no base64url (RFC 7515, section 5.2, step 2)",
    },
    Deliberate {
        names: &["367", "370"],
        verdict: Verdict::Accepted,
        reason: "byte for byte the token of 357, which is labelled valid",
    },
];

const CRYPTO: &[Deliberate] = &[
    Deliberate {
        names: &["46"],
        verdict: Verdict::Accepted,
        reason: "the operator chose the key; how it was generated is no rule of RFC 7518",
    },
    Deliberate {
        names: &["47"],
        verdict: Verdict::Accepted,
        reason: "a set may mix HMAC and ECDSA, since each key has exactly one algorithm",
    },
    Deliberate {
        names: &["50", "67"],
        verdict: Verdict::KeyRefused,
        reason: "encrypted tokens are not supported, and a key for encryption verifies nothing",
    },
];

const KEY: &[Deliberate] = &[
    Deliberate {
        names: &["1"],
        verdict: Verdict::Accepted,
        reason: "a set may mix HMAC and ECDSA, since each key has exactly one algorithm",
    },
    Deliberate {
        names: &["4"],
        verdict: Verdict::Accepted,
        reason: "keys with the same ID are all tried; all of them are trusted",
    },
    Deliberate {
        names: &["7"],
        verdict: Verdict::Accepted,
        reason: "the operator chose the key; how it was generated is no rule of RFC 7518",
    },
];

#[test]
fn wycheproof_json_web_signature() {
    // 32 zeros.
    check_file("signature", 401, SIGNATURE, 357..=377);
}

#[test]
fn wycheproof_json_web_crypto() {
    check_file("crypto", 83, CRYPTO, []);
}

#[test]
fn wycheproof_json_web_key() {
    // 0, 1, 2 and so on.
    check_file("key", 26, KEY, 13..=15);
}

/// `guessable`: the tests whose secrets are refused for being easy to guess.
fn check_file(
    name: &str,
    count: usize,
    deliberate: &[Deliberate],
    guessable: impl IntoIterator<Item = u64>,
) {
    let file = format!("wycheproof/json_web_{name}_test.json");
    let Some(document) = document(&file) else { return };
    let groups = document["testGroups"].as_array().unwrap();
    let vectors: Vec<Vector> = groups.iter().flat_map(group).collect();
    assert_eq!(vectors.len(), count, "{file}");
    check_all(&file, &vectors, deliberate);
    let weak = vectors.iter().filter(|one| guessable_secret(&one.keys).is_some());
    let names: Vec<&str> = weak.map(|one| one.name.as_str()).collect();
    assert_eq!(names, guessable.into_iter().map(|id| id.to_string()).collect::<Vec<_>>());
    println!("{file}: {} under secrets that are refused for being easy to guess", names.len());
}

fn group(group: &Value) -> impl Iterator<Item = Vector> {
    // A symmetric key has no public half.
    let key = group.get("public").filter(|key| !key.is_null()).unwrap_or(&group["private"]);
    let keys = match key.get("keys") {
        Some(_) => key.to_string(),
        None => json!({ "keys": [key] }).to_string(),
    };
    group["tests"].as_array().unwrap().iter().map(move |test| Vector {
        name: test["tcId"].to_string(),
        keys: keys.clone(),
        token: text(test.get("jws").or(test.get("jwe")).unwrap()),
        valid: match test["result"].as_str() {
            Some("valid") => true,
            Some("invalid") => false,
            other => panic!("a result of another kind: {other:?}"),
        },
    })
}
