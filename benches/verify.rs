//! What a token costs beyond the check of its signature.
//!
//! For each algorithm: the signature check alone, by aws-lc-rs with a key that was prepared once
//! (`raw`); [`Verifier::verify`] (`verify`); a service whose answer is ready (`bare`); and the same
//! service with [`JwtAuthLayer`] around it (`layer`). The table at the end has ratios, which say
//! more than the seconds of one machine, and counts allocations.
//!
//! `cargo bench --bench verify`, or `cargo bench --bench verify -- ES256` for one algorithm.

use std::convert::Infallible;
use std::error::Error;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
    VerificationAlgorithm,
};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion};
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::Empty;
use tower::{Layer, Service, service_fn};
use tower_bearer::{Algorithm, Grant, Issuer, JwtAuthLayer, SigningKey, Verifier};

const ALGORITHMS: [Algorithm; 4] =
    [Algorithm::HS256, Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA];

const SECRET: &str = "J8yOFyaWR5lcJmWMW2UO3WnF8v0QbIzE";

/// Calls between two looks at the clock: many for the clock, few for the rest of the machine.
const BATCH: u64 = 32;

fn main() -> Result<(), Box<dyn Error>> {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    let mut table = vec![
        "             signature           verify      layer - bare      claims, token".to_owned(),
        "            time  alloc     / raw  alloc     / raw  alloc              bytes".to_owned(),
    ];
    for algorithm in ALGORITHMS {
        let case = Case::new(algorithm)?;
        let mut group = criterion.benchmark_group(algorithm.name());
        let raw = measure(&mut group, "raw", || (), |()| case.raw());
        let verify = measure(&mut group, "verify", || (), |()| case.verify());
        let mut service = service_fn(answer);
        let bare =
            measure(&mut group, "bare", || case.request(), |request| call(&mut service, request));
        let mut service = JwtAuthLayer::new(case.verifier.clone()).layer(service);
        assert_eq!(call(&mut service, case.request()).status(), StatusCode::OK);
        let layer =
            measure(&mut group, "layer", || case.request(), |request| call(&mut service, request));
        group.finish();
        let sizes = case.sizes()?;
        table.push(format!("{}{sizes:>19}", row(algorithm, &raw, &verify, &layer.less(&bare))));
    }
    criterion.final_summary();
    println!("\n{}", table.join("\n"));
    #[cfg(feature = "jwks")]
    remote_keys()?;
    Ok(())
}

/// What the keys of a thousand tenants cost, fetched from elsewhere, beside one key that is here.
#[cfg(feature = "jwks")]
fn remote_keys() -> Result<(), Box<dyn Error>> {
    use tower_bearer::{HttpClient, KeySet, RemoteKeySet, SigningKeys};

    let private = SigningKeys::new_jwks(Algorithm::EdDSA, Duration::ZERO)?;
    let mut jwks: serde_json::Value = serde_json::from_str(&SigningKeys::public_jwks(&private)?)?;
    let keys = jwks["keys"].as_array_mut().ok_or("no keys")?;
    let others = keys[1].clone();
    for number in keys.len()..1000 {
        let mut other = others.clone();
        other["kid"] = format!("tenant-{number}").into();
        keys.insert(0, other);
    }
    let jwks = jwks.to_string();
    let issuer = Issuer::new(SigningKeys::from_jwks(&private)?)
        .issuer("https://id.example")
        .audience("tasks");
    let token = issuer.issue(&Grant::new("alice"))?;
    let local = issuer.verifier_with(KeySet::new())?;

    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let provider = HttpClient::from_service(service_fn(move |_: Request<Bytes>| {
        let answer = Response::new(http_body_util::Full::new(Bytes::from(jwks.clone())));
        async { Ok::<_, Infallible>(answer) }
    }));
    let keys = RemoteKeySet::at("https://id.example/keys").http_client(provider);
    let remote = Verifier::remote(keys).issuer("https://id.example").audience("tasks");
    let remote = runtime.block_on(remote.build())?;

    let allocations = |verifier: &Verifier| {
        let verify = || drop(now(verifier.verify(black_box(&token))).expect("the token is valid"));
        verify();
        allocation_counter::measure(verify).count_total
    };
    let (local, remote) = (allocations(&local), allocations(&remote));
    println!(
        "\nalloc of a verify: {local} with keys that are here, {remote} with 1000 from elsewhere"
    );
    assert_eq!(local, remote, "the look-up of a key elsewhere allocates");
    Ok(())
}

/// A token, and all that checks it.
struct Case {
    token: String,
    authorization: HeaderValue,
    signature: Vec<u8>,
    key: RawKey,
    verifier: Verifier,
}

enum RawKey {
    // Boxed, as it is twenty times the size of the other.
    Hmac(Box<hmac::Key>),
    Public(ParsedPublicKey),
}

impl Case {
    fn new(algorithm: Algorithm) -> Result<Self, Box<dyn Error>> {
        let (signing, key) = keys(algorithm)?;
        let issuer = Issuer::new(signing.with_key_id("2026-11"))
            .issuer("https://api.example.com")
            .audience("tasks")
            .access_token_lifetime(Duration::from_secs(24 * 60 * 60));
        let grant = Grant::new("0198f3a2-6c1e-7b44-9d0a-5f1c2e7a9b30")
            .session_id("0198f3a2-7d05-7e91-8a4b-c3d2f1e0a9b8")
            .scopes(["me", "items:read", "tasks:read", "tasks:write"])
            .roles(["teacher"]);
        let token = issuer.issue(&grant)?;
        let signature = URL_SAFE_NO_PAD.decode(split(&token)?.1)?;
        let authorization = HeaderValue::try_from(format!("Bearer {token}"))?;
        Ok(Self { authorization, signature, key, verifier: issuer.verifier()?, token })
    }

    fn raw(&self) {
        let (signed, _) = split(black_box(&self.token)).expect("the token has a signature");
        let verdict = match &self.key {
            RawKey::Hmac(key) => hmac::verify(key, signed.as_bytes(), &self.signature),
            RawKey::Public(key) => key.verify_sig(signed.as_bytes(), &self.signature),
        };
        verdict.expect("the signature is right");
    }

    fn verify(&self) -> tower_bearer::Token {
        now(self.verifier.verify(black_box(&self.token))).expect("the token is valid")
    }

    fn request(&self) -> Request<()> {
        let mut request = Request::new(());
        request.headers_mut().insert(header::AUTHORIZATION, self.authorization.clone());
        request
    }

    fn sizes(&self) -> Result<String, Box<dyn Error>> {
        let payload = self.token.split('.').nth(1).ok_or("no payload")?;
        let claims = URL_SAFE_NO_PAD.decode(payload)?.len();
        Ok(format!("{claims}, {}", self.token.len()))
    }
}

fn keys(algorithm: Algorithm) -> Result<(SigningKey, RawKey), Box<dyn Error>> {
    let (private, public, check): (_, _, &'static dyn VerificationAlgorithm) = match algorithm {
        Algorithm::RS256 => (
            include_str!("../tests/keys/rsa2048.pem"),
            include_str!("../tests/keys/rsa2048.pub.pem"),
            &RSA_PKCS1_2048_8192_SHA256,
        ),
        Algorithm::ES256 => (
            include_str!("../tests/keys/p256.pem"),
            include_str!("../tests/keys/p256.pub.pem"),
            &ECDSA_P256_SHA256_FIXED,
        ),
        Algorithm::EdDSA => (
            include_str!("../tests/keys/ed25519.pem"),
            include_str!("../tests/keys/ed25519.pub.pem"),
            &ED25519,
        ),
        _ => {
            let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
            return Ok((SigningKey::hs256(SECRET)?, RawKey::Hmac(Box::new(key))));
        }
    };
    let der: String = public.lines().filter(|line| !line.starts_with('-')).collect();
    let key = ParsedPublicKey::new(check, STANDARD.decode(der)?)?;
    Ok((SigningKey::from_pem(algorithm, private)?, RawKey::Public(key)))
}

/// What is signed, and the signature.
fn split(token: &str) -> Result<(&str, &str), &'static str> {
    token.rsplit_once('.').ok_or("no signature")
}

async fn answer(_: Request<()>) -> Result<Response<Empty<Bytes>>, Infallible> {
    Ok(Response::new(Empty::new()))
}

fn call<S>(service: &mut S, request: Request<()>) -> S::Response
where
    S: Service<Request<()>, Error = Infallible>,
{
    let ready = service.poll_ready(&mut Context::from_waker(Waker::noop()));
    assert!(ready.is_ready(), "the service waits for nothing");
    let Ok(response) = now(service.call(request));
    response
}

/// The result of a future that is ready: one poll, without an executor to be measured with it.
fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("nothing here waits"),
    }
}

struct Cost {
    /// Of one call, where it was measured and not filtered out.
    nanoseconds: Option<f64>,
    allocations: u64,
}

impl Cost {
    fn less(&self, other: &Self) -> Self {
        let both = self.nanoseconds.zip(other.nanoseconds);
        Self {
            nanoseconds: both.map(|(own, others)| own - others),
            allocations: self.allocations - other.allocations,
        }
    }
}

/// Times a call, and the drop of what it returns, in a criterion benchmark; `prepare`, which makes
/// its input, is left out.
///
/// The fastest batch counts: whatever else the machine does only ever adds to one.
fn measure<I, O>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    mut prepare: impl FnMut() -> I,
    mut run: impl FnMut(I) -> O,
) -> Cost {
    // What is made once, at the first call, is not the call's.
    drop(run(prepare()));
    let input = prepare();
    let counted = allocation_counter::measure(|| drop(black_box(run(input))));
    let mut fastest = None;
    // Counting takes time, and what is timed must not be counted.
    allocation_counter::opt_out(|| {
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|calls| {
                let mut elapsed = Duration::ZERO;
                for _ in 0..calls / BATCH {
                    let batch = time(BATCH, &mut prepare, &mut run);
                    fastest = Some(fastest.map_or(batch, |fastest| batch.min(fastest)));
                    elapsed += batch;
                }
                elapsed + time(calls % BATCH, &mut prepare, &mut run)
            });
        });
    });
    let nanoseconds = fastest.map(|batch| batch.as_nanos() as f64 / BATCH as f64);
    Cost { nanoseconds, allocations: counted.count_total }
}

fn time<I, O>(
    calls: u64,
    prepare: &mut impl FnMut() -> I,
    run: &mut impl FnMut(I) -> O,
) -> Duration {
    let inputs: Vec<I> = (0..calls).map(|_| prepare()).collect();
    let begin = Instant::now();
    for input in inputs {
        black_box(run(input));
    }
    begin.elapsed()
}

fn row(algorithm: Algorithm, raw: &Cost, verify: &Cost, layer: &Cost) -> String {
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let ratio = |cost: &Cost| {
        or_dash(cost.nanoseconds.zip(raw.nanoseconds).map(|(own, raw)| format!("{:.2}", own / raw)))
    };
    format!(
        "{:<6}{:>10}{:>7}{:>10}{:>7}{:>10}{:>7}",
        algorithm.name(),
        or_dash(raw.nanoseconds.map(|time| format!("{time:.0} ns"))),
        raw.allocations,
        ratio(verify),
        verify.allocations,
        ratio(layer),
        layer.allocations,
    )
}
