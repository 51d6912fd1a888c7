//! How the cost of a request grows: with the token, with the keys, with the issuers, with threads.
//!
//! Each function gives the columns of a table, with a candidate for each row.

use std::error::Error;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use http::{HeaderValue, header};
use tower::{Layer, service_fn};
use tower_bearer::{
    Algorithm, Grant, Issuer, JwtAuthLayer, KeySet, TokenCache, Verifier, VerifyingKey,
};

use crate::case::{AUDIENCE, Case, ISSUER, KEY_ID, Kind, signing_key};
use crate::peers::Layered;
use crate::report::number;
use crate::service::{answer, now, serve};
use crate::{ours, raw};

pub type Column = (String, Vec<Layered>);

/// Tokens of 0.3 to 8 KiB, less than the 8192 bytes that a layer takes by default.
pub fn token_sizes() -> Result<Vec<Column>, Box<dyn Error>> {
    let mut columns = Vec::new();
    for algorithm in [Algorithm::HS256, Algorithm::ES256] {
        let case = Case::new(algorithm)?;
        let (mut raws, mut layers) = (Vec::new(), Vec::new());
        for size in [400, 512, 1024, 2048, 4096, 8000_usize] {
            let token = token_of(&case.issuer, size)?.leak();
            let name = format!("{size} bytes");
            raws.push(raw::service_of(&case, token).named(&name));
            layers.push(ours::layer_of(ours::verifier(&case), token).named(name));
        }
        let name = algorithm.name();
        columns.push((format!("{name}, bare call with a raw check"), raws));
        columns.push((format!("{name}, layer"), layers));
    }
    Ok(columns)
}

/// A token of so many bytes or a few less.
fn token_of(issuer: &Issuer, size: usize) -> Result<String, Box<dyn Error>> {
    let bare = issuer.issue(&Grant::new("alice"))?.len();
    // A member takes nine bytes beside its text, and base64 makes four of three.
    let text = "x".repeat((size.saturating_sub(bare) * 3 / 4).saturating_sub(12));
    let token = issuer.issue(&Grant::new("alice").claim("note", text))?;
    assert!(token.len() <= size && token.len() + 40 > size, "{} for {size}", token.len());
    Ok(token)
}

/// 1 to 1000 keys with IDs, the token's the last of them.
pub fn keys() -> Result<Vec<Column>, Box<dyn Error>> {
    let case = Case::new(Algorithm::HS256)?;
    let mut rows = Vec::new();
    for count in [1, 10, 100, 1000] {
        let mut keys = KeySet::new();
        for number in 1..count {
            let secret =
                format!("the secret number {number} is no word that anyone would think of");
            let key = VerifyingKey::from_secret(Algorithm::HS256, secret)?;
            keys.push(key.with_key_id(format!("2025-{number}")));
        }
        let own = signing_key(Algorithm::HS256, case.private)?.with_key_id(KEY_ID);
        keys.push(own.verifying_key());
        let verifier = Verifier::builder(keys).issuer(ISSUER).audience(AUDIENCE).build()?;
        let candidate = ours::layer_of(verifier, case.token(Kind::Good));
        rows.push(candidate.named(number(f64::from(count))));
    }
    Ok(vec![("HS256, layer".to_owned(), rows)])
}

/// 1 to 1000 issuers with a key each, behind one verifier.
pub fn issuers() -> Result<Vec<Column>, Box<dyn Error>> {
    let case = Case::new(Algorithm::HS256)?;
    let mut rows = Vec::new();
    for count in [1, 10, 100, 1000] {
        let mut verifiers = vec![ours::verifier(&case)];
        for number in 1..count {
            let key = signing_key(Algorithm::HS256, case.private)?.with_key_id(KEY_ID);
            let other = Issuer::new(key).issuer(format!("{ISSUER}/{number}")).audience(AUDIENCE);
            verifiers.push(other.verifier()?);
        }
        let verifier = Verifier::of_issuers(verifiers)?;
        let candidate = ours::layer_of(verifier, case.token(Kind::Good));
        rows.push(candidate.named(number(f64::from(count))));
    }
    Ok(vec![("HS256, layer".to_owned(), rows)])
}

/// So many tokens that a cache remembers, with as much room again, asked for in no order. Each
/// request brings a copy, as one that was just read from a socket.
pub fn cache(counts: &[usize]) -> Result<Vec<Column>, Box<dyn Error>> {
    let case = Case::new(Algorithm::HS256)?;
    let mut rows = Vec::new();
    for count in counts {
        let mut tokens = Vec::with_capacity(*count);
        let verifier = ours::verifier(&case).cached(TokenCache::new(2 * count));
        for number in 0..*count {
            let token = case.issuer.issue(&Grant::new(number.to_string()))?;
            now(verifier.verify(&token))?;
            tokens.push(format!("Bearer {token}").into_boxed_str());
        }
        let remembered = verifier.cache_counters().map_or(0, |counters| counters.len());
        assert_eq!(remembered, *count, "none had to go");
        let others = case.requests(Kind::NoToken);
        let mut at = 0_usize;
        let input = move || {
            // A full period of a linear congruential generator (Knuth's MMIX), by its upper bits.
            at = at.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let token = HeaderValue::from_str(&tokens[(at >> 32) % tokens.len()]);
            let mut request = others();
            request.headers_mut().insert(header::AUTHORIZATION, token.expect("it is ASCII"));
            request
        };
        let candidate = ours::layer_of(verifier, case.token(Kind::Good)).with_input(input);
        rows.push(candidate.named(number(*count as f64)));
    }
    Ok(vec![("HS256, layer, seen before".to_owned(), rows)])
}

/// Calls a second of one layer, of so many threads together.
pub fn calls_a_second(verifier: &Verifier, case: &Case, threads: usize, time: Duration) -> f64 {
    let layer = JwtAuthLayer::new(verifier.clone());
    let requests = case.requests(Kind::Good);
    let (begin, end) = (Barrier::new(threads + 1), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let work = || {
            let mut serve = serve(layer.layer(service_fn(answer)));
            let mut calls = 0_u64;
            begin.wait();
            allocation_counter::opt_out(|| {
                while !end.load(Ordering::Relaxed) {
                    serve(requests());
                    calls += 1;
                }
            });
            calls
        };
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        begin.wait();
        let began = Instant::now();
        std::thread::sleep(time);
        end.store(true, Ordering::Relaxed);
        let elapsed = began.elapsed();
        let calls = workers.into_iter().map(|worker| worker.join().expect("it does not panic"));
        calls.sum::<u64>() as f64 / elapsed.as_secs_f64()
    })
}
