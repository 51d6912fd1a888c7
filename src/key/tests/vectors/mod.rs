//! Tokens and keys of others, with the verdict that their source gives them.
//!
//! Each is checked by a whole [`Verifier`] on every backend, and the backends have to agree. Most
//! payloads are no claims, so that a token counts as accepted once its claims are judged: that is
//! done under a right signature alone.

mod cookbook;
#[path = "../../../../tests/support/vectors.rs"]
mod files;
mod foreign;
mod rfc;
mod wycheproof;

use serde_json::{Value, json};

use super::*;

/// A token of somebody else.
struct Vector {
    /// The number or title that its source gives it.
    name: String,
    /// A JSON Web Key Set.
    keys: String,
    token: String,
    /// Whether its source takes it for valid.
    valid: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Accepted,
    /// No key of the set can be used, so that there is nothing to verify with.
    KeyRefused,
    Refused(AuthErrorKind),
}

/// Where we decide otherwise than the source, and why.
struct Deliberate {
    names: &'static [&'static str],
    verdict: Verdict,
    reason: &'static str,
}

/// Holds every vector to its label, and those of the list to the verdict there. Fails on an entry
/// that does not apply.
fn check_all(source: &str, vectors: &[Vector], deliberate: &[Deliberate]) {
    assert!(!vectors.is_empty(), "{source} has no vectors");
    let mut faults = Vec::new();
    let (mut agreed, mut refused, mut accepted) = (0, 0, 0);
    for vector in vectors {
        let verdict = verdict(vector);
        let agrees = (verdict == Verdict::Accepted) == vector.valid;
        let name = vector.name.as_str();
        let listed = deliberate.iter().find(|entry| entry.names.contains(&name));
        match listed {
            None if agrees => agreed += 1,
            None => faults.push(format!("{name}: {verdict:?}, and valid is {}", vector.valid)),
            Some(_) if agrees => faults.push(format!("{name}: the list has it in vain")),
            Some(entry) if entry.verdict != verdict => {
                faults.push(format!("{name}: {verdict:?}, but listed as: {}", entry.reason));
            }
            Some(_) if vector.valid => refused += 1,
            Some(_) => accepted += 1,
        }
    }
    for name in deliberate.iter().flat_map(|entry| entry.names) {
        let count = vectors.iter().filter(|vector| vector.name == *name).count();
        if count != 1 {
            faults.push(format!("{name}: the list names it, and the source has it {count} times"));
        }
    }
    assert!(faults.is_empty(), "{source}:\n{}", faults.join("\n"));
    println!(
        "{source}: {} vectors on {:?}; {agreed} agreed, {refused} deliberately refused, \
         {accepted} deliberately accepted",
        vectors.len(),
        Backend::ALL,
    );
}

fn verdict(vector: &Vector) -> Verdict {
    let verdicts: Vec<Verdict> =
        Backend::ALL.iter().map(|backend| verdict_of(*backend, vector)).collect();
    let agree = verdicts.windows(2).all(|pair| pair[0] == pair[1]);
    assert!(agree, "{}: the backends differ: {verdicts:?}", vector.name);
    verdicts[0]
}

fn verdict_of(backend: Backend, vector: &Vector) -> Verdict {
    if let Ok(keys) = KeySet::read(backend, &vector.keys) {
        return ask(keys, &vector.token);
    }
    let Some((algorithm, secret)) = guessable_secret(&vector.keys) else {
        // No key of ours may take it either.
        let ours = Algorithm::ALL.map(|one| signing_key(backend, one).verifying_key());
        let verdict = ask(KeySet::from_iter(ours), &vector.token);
        assert_ne!(verdict, Verdict::Accepted, "{}: by a key of ours", vector.name);
        return Verdict::KeyRefused;
    };
    // The way that `insecure_from_guessable_secret` offers to test vectors.
    let key = SigningKey::new(backend, algorithm, PrivateKey::from_secret(&secret)).unwrap();
    ask(KeySet::from(&key), &vector.token)
}

/// The only key of a set, where it is a secret that is refused for nothing but being weak.
fn guessable_secret(keys: &str) -> Option<(Algorithm, Vec<u8>)> {
    let set: Value = serde_json::from_str(keys).ok()?;
    let [key] = set["keys"].as_array()?.as_slice() else { return None };
    match VerifyingKey::from_jwk(&key.to_string()) {
        Err(ConfigError::WeakSecret { .. }) => {
            let secret = crate::token::wire::decode(key["k"].as_str()?).ok()?;
            Some((key["alg"].as_str()?.parse().ok()?, secret))
        }
        _ => None,
    }
}

fn ask(keys: KeySet, token: &str) -> Verdict {
    let verifier = Verifier::builder(keys).any_audience().build().unwrap();
    match tokio_test::block_on(verifier.verify(token)) {
        Ok(_) => Verdict::Accepted,
        Err(error) if is_about_claims(error.kind()) => Verdict::Accepted,
        Err(error) => Verdict::Refused(error.kind()),
    }
}

/// Whether a refusal is one of those that only a token with a right signature gets.
fn is_about_claims(kind: AuthErrorKind) -> bool {
    matches!(
        kind,
        AuthErrorKind::WrongTokenType
            | AuthErrorKind::InvalidClaims
            | AuthErrorKind::Expired
            | AuthErrorKind::NotYetValid
            | AuthErrorKind::IssuedInFuture
            | AuthErrorKind::InvalidIssuer
            | AuthErrorKind::InvalidAudience
            | AuthErrorKind::KeyBound
    )
}

/// A JSON file of the vectors, or `None` where they are away.
fn document(file: &str) -> Option<Value> {
    let text = files::read(file)?;
    Some(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}")))
}

/// A set of one key, that of `alg` where it names none itself: a key of ours always has one.
fn key_set(key: &Value, alg: &Value) -> String {
    let mut key = key.clone();
    if key.get("alg").is_none() {
        key["alg"] = alg.clone();
    }
    json!({ "keys": [key] }).to_string()
}

/// The text of a token: as it is, or its JSON serialization.
fn text(token: &Value) -> String {
    token.as_str().map_or_else(|| token.to_string(), str::to_owned)
}
