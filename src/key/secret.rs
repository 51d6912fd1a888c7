//! The rules for HMAC secrets (RFC 7518, section 3.2; RFC 8725, section 3.5).

use super::Algorithm;
use crate::ConfigError;

/// Refuses secrets that are too short and those that everybody can guess.
pub(super) fn check(algorithm: Algorithm, secret: &[u8]) -> Result<(), ConfigError> {
    check_length(algorithm, secret)?;
    match weakness(secret) {
        Some(reason) => Err(ConfigError::WeakSecret { reason }),
        None => Ok(()),
    }
}

pub(super) fn check_length(algorithm: Algorithm, secret: &[u8]) -> Result<(), ConfigError> {
    let minimum = algorithm.minimum_secret();
    if secret.len() < minimum {
        return Err(ConfigError::SecretTooShort { algorithm, minimum, actual: secret.len() });
    }
    Ok(())
}

/// Secrets that stand in tutorials and templates, letters and digits only, lower case.
const PUBLISHED: &[&str] = &[
    // FastAPI's tutorial on OAuth2 with JWT.
    "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
    // The example on jwt.io.
    "astringsecretatleast256bitslong",
    "astringsecretatleast384bitslongwhichisverylongandsecure",
    "astringsecretatleast512bitslongwhichisverylongandsecurewithmanycharacters",
    "your256bitsecret",
    // RFC 7515, appendix A.1, as it is pasted around.
    "aym1sysjzyx9nyaz3wu7bnvblfu7jlbwgtyw9gyp7nskrxqrfssrlwqhw9hmmqz",
];

/// What a secret begins with when somebody forgot to set it.
const PLACEHOLDERS: &[&str] =
    &["changeme", "changethis", "pleasechange", "replaceme", "replacethis"];

/// Words of which no secret may consist alone.
const VOCABULARY: &[&str] = &[
    "a",
    "access",
    "an",
    "and",
    "api",
    "app",
    "application",
    "at",
    "auth",
    "be",
    "before",
    "bit",
    "bits",
    "byte",
    "bytes",
    "change",
    "changed",
    "character",
    "characters",
    "chars",
    "default",
    "dev",
    "development",
    "do",
    "enough",
    "example",
    "for",
    "goes",
    "here",
    "hmac",
    "hs256",
    "in",
    "insecure",
    "insert",
    "is",
    "it",
    "jwt",
    "jwts",
    "key",
    "keys",
    "least",
    "local",
    "long",
    "longer",
    "me",
    "min",
    "minimum",
    "must",
    "my",
    "not",
    "of",
    "password",
    "please",
    "prod",
    "production",
    "put",
    "random",
    "real",
    "really",
    "replace",
    "safe",
    "sample",
    "secret",
    "secrets",
    "secure",
    "set",
    "should",
    "signing",
    "some",
    "string",
    "strong",
    "super",
    "test",
    "testing",
    "that",
    "the",
    "this",
    "to",
    "token",
    "tokens",
    "use",
    "very",
    "with",
    "your",
];

/// Why everybody can guess this secret, if so.
pub(crate) fn weakness(secret: &[u8]) -> Option<&'static str> {
    if has_period(secret) {
        return Some("it repeats itself");
    }
    if is_run(secret) {
        return Some("it counts up or down");
    }
    // The rules below are about words. Bytes that are no text have none, and the few letters
    // among them mean nothing.
    let Ok(text) = std::str::from_utf8(secret) else { return None };
    let text = text.to_lowercase();
    if text.contains("-----begin ") {
        // A public key as a secret lets everybody sign who may read it.
        return Some("it is a PEM file, which HMAC has no use for");
    }
    let bare: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    if PUBLISHED.contains(&bare.as_str()) {
        return Some("it is published in a tutorial");
    }
    if PLACEHOLDERS.iter().any(|placeholder| bare.contains(placeholder)) {
        return Some("it is a placeholder");
    }
    let mut words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty());
    if !bare.is_empty() && words.all(is_vocabulary) {
        return Some("it is made of common words");
    }
    None
}

/// Whether a word is one of the vocabulary, or several without a gap, numbers aside.
fn is_vocabulary(word: &str) -> bool {
    let letters: String = word.chars().filter(|c| !c.is_ascii_digit()).collect();
    // `ends[n]`: the first n letters are words.
    let mut ends = vec![true];
    for end in 1..=letters.len() {
        let whole = |begin: usize| ends[begin] && VOCABULARY.contains(&&letters[begin..end]);
        ends.push((0..end).any(whole));
    }
    ends[letters.len()] || VOCABULARY.contains(&word)
}

/// Whether the whole is one piece, of at most half its length, over and over.
fn has_period(secret: &[u8]) -> bool {
    (1..=secret.len() / 2)
        .any(|period| secret.iter().zip(&secret[period..]).all(|(left, right)| left == right))
}

/// Whether three out of four neighbours differ by one, as in `abcdef` and `9876`.
fn is_run(secret: &[u8]) -> bool {
    let steps = secret.windows(2).filter(|pair| matches!(pair[0].abs_diff(pair[1]), 0 | 1)).count();
    steps * 4 >= secret.len() * 3
}
