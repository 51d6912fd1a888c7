//! What the targets share: a key, a time, and a second opinion on what is well formed.
//!
//! The opinions are formed by serde_json's `Value` and by counting, where the crate reads its
//! input in one pass: a fault would have to be made twice to go unseen.

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use tower_bearer::{Algorithm, Clock, Verifier, VerifierBuilder, VerifyingKey};

/// Of no use anywhere else.
pub const SECRET: &str = "qL3vY8sT1nKx5RzG7wBd9JfHc2Mp6UeA";
/// Seconds since the Unix epoch, on every clock here.
pub const NOW: u64 = 1_700_000_000;
pub const LEEWAY: u64 = 30;
pub const ISSUER: &str = "https://me";
pub const AUDIENCE: &str = "api";
/// What the verifier refuses unread beyond this many bytes.
pub const MAX_TOKEN: usize = 8 * 1024;
/// What the verifier refuses beyond this many names in one object, registered ones not counted.
const MAX_MEMBERS: usize = 128;

/// A verifier for tokens under [`SECRET`], and others of the target's choice.
pub fn verifier() -> VerifierBuilder {
    let key = VerifyingKey::from_secret(Algorithm::HS256, SECRET).unwrap();
    Verifier::builder(key)
        .issuer(ISSUER)
        .audience(AUDIENCE)
        .leeway(Duration::from_secs(LEEWAY))
        .clock(Clock::manual(Duration::from_secs(NOW)))
}

/// A token of any header and payload, under [`SECRET`].
pub fn sign(header: &[u8], payload: &[u8]) -> String {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let signature = hmac::sign(&key, signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// Polls a future that has nothing to wait for.
pub fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a future waits, with all that it needs at hand"),
    }
}

/// A JOSE header that is well formed.
pub fn jose_header(json: &[u8]) -> Option<Map<String, Value>> {
    let header = object(json, &["alg", "kid", "typ"])?;
    let text_or_absent = |name: &str| header.get(name).is_none_or(Value::is_string);
    (text_or_absent("alg") && text_or_absent("kid") && text_or_absent("typ")).then_some(header)
}

/// Whether a header asks for what is not supported.
pub fn is_unsupported(header: &Map<String, Value>) -> bool {
    ["crit", "b64", "enc", "zip"].iter().any(|name| header.contains_key(*name))
}

/// A JSON object in UTF-8 without a name twice in any object, and with no object too large;
/// `registered` names of the outermost are not counted.
pub fn object(json: &[u8], registered: &[&str]) -> Option<Map<String, Value>> {
    let json = std::str::from_utf8(json).ok()?;
    let Value::Object(object) = serde_json::from_str(json).ok()? else { return None };
    // `Value` keeps the last of two: then there are fewer members than were written.
    let counted = object.keys().filter(|name| !registered.contains(&name.as_str())).count();
    let (held, largest) = members(object.values());
    let fits = counted.max(largest) <= MAX_MEMBERS && object.len() + held == written(json);
    fits.then_some(object)
}

/// The members below some values, and those of the largest object among them.
fn members<'a>(values: impl Iterator<Item = &'a Value>) -> (usize, usize) {
    let mut sum = (0, 0);
    for value in values {
        let (own, (below, largest)) = match value {
            Value::Object(object) => (object.len(), members(object.values())),
            Value::Array(array) => (0, members(array.iter())),
            _ => continue,
        };
        sum = (sum.0 + own + below, sum.1.max(own).max(largest));
    }
    sum
}

/// The members that a JSON text writes down: one colon each, outside of strings.
fn written(json: &str) -> usize {
    let (mut colons, mut quoted, mut escaped) = (0, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            b':' if !quoted => colons += 1,
            _ => {}
        }
    }
    colons
}
