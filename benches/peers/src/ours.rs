//! tower-bearer.

use std::cell::OnceCell;
use std::convert::Infallible;
use std::hint::black_box;

use http::{Request, Response, StatusCode};
use http_body_util::Empty;
use tower::{Layer, service_fn};
use tower_bearer::{Claims, JwtAuthLayer, TokenCache, Verifier, require_scopes};

use crate::candidate::Candidate;
use crate::case::{AllClaims, Case, Kind, SCOPE, requests};
use crate::groups::{BARE, BARE_JSON, NEVER_SEEN, OURS, SEEN_BEFORE};
use crate::peers::{Layered, extract};
use crate::service::{answer, answer_json, now, serve};

pub fn verifier(case: &Case) -> Verifier {
    case.issuer.verifier().expect("the issuer is complete")
}

/// With room for more tokens than a test has.
pub fn cached(case: &Case) -> Verifier {
    verifier(case).cached(TokenCache::new(10_000))
}

pub fn verify(case: &Case) -> Candidate<&'static str, bool> {
    verify_by(verifier(case), case).named(OURS)
}

pub fn verify_seen_before(case: &Case) -> Candidate<&'static str, bool> {
    verify_by(cached(case), case).named(SEEN_BEFORE)
}

fn verify_by(verifier: Verifier, case: &Case) -> Candidate<&'static str, bool> {
    let good = case.token(Kind::Good);
    let verify = move |token| now(verifier.verify(black_box(token))).is_ok();
    Candidate::new(OURS, move || good, verify)
}

pub fn layer(case: &Case) -> Layered {
    layer_of(verifier(case), case.token(Kind::Good))
}

pub fn layer_seen_before(case: &Case) -> Layered {
    layer_of(cached(case), case.token(Kind::Good)).named(SEEN_BEFORE)
}

/// Every request brings another token, and a few hundred pass before one comes again. What verifying
/// costs where each is put into a cache, and another goes.
pub fn layer_never_seen(case: &Case) -> Layered {
    never_seen_by(verifier(case).cached(TokenCache::new(FEW)), case)
}

/// How many tokens a cache has room for that is to know none of those that come.
pub const FEW: usize = 4;

pub fn never_seen_by(verifier: Verifier, case: &Case) -> Layered {
    let (issuer, grant) = (case.issuer.clone(), case.grant.clone());
    // Made when they are asked for: RSA takes its time.
    let all: OnceCell<Vec<_>> = OnceCell::new();
    let mut at = 0;
    let next = move || {
        let all = all.get_or_init(|| {
            let token = |_| issuer.issue(&grant).expect("the key signs");
            (0..500).map(token).map(|token| requests(Some(&token))).collect()
        });
        at = (at + 1) % all.len();
        all[at]()
    };
    layer_of(verifier, case.token(Kind::Good)).named(NEVER_SEEN).with_input(next)
}

pub fn layer_of(verifier: Verifier, token: &str) -> Layered {
    let service = JwtAuthLayer::new(verifier).layer(service_fn(answer));
    Candidate::new(OURS, requests(Some(token)), serve(service))
}

/// With the policy, and the claims as a type.
pub fn policy(case: &Case) -> Layered {
    policy_by(verifier(case), case).named(OURS)
}

pub fn policy_seen_before(case: &Case) -> Layered {
    policy_by(cached(case), case).named(SEEN_BEFORE)
}

fn policy_by(verifier: Verifier, case: &Case) -> Layered {
    let handler = service_fn(|request: Request<()>| async {
        let response = match extract::<Claims<AllClaims>, _>(request, &()).await {
            Ok(Claims(claims)) => {
                black_box(&claims);
                Response::new(Empty::new())
            }
            Err(response) => response,
        };
        Ok::<_, Infallible>(response)
    });
    let service = require_scopes([SCOPE]).layer(handler);
    let service = JwtAuthLayer::new(verifier).layer(service);
    Candidate::new(OURS, case.requests(Kind::Good), serve(service))
}

pub fn issue(case: &Case) -> Candidate<(), usize> {
    let (issuer, grant) = (case.issuer.clone(), case.grant.clone());
    let issue = move |()| issuer.issue(black_box(&grant)).map_or(0, |token| token.len());
    Candidate::new("tower-bearer, Issuer::issue", || (), issue)
}

/// The bare call: the service with nothing around it.
pub fn bare(case: &Case) -> Layered {
    Candidate::new(BARE, case.requests(Kind::Good), serve(service_fn(answer)))
}

/// A service that answers something, and nothing before it.
pub fn bare_json(case: &Case) -> Layered {
    Candidate::new(BARE_JSON, case.requests(Kind::Good), serve(service_fn(answer_json)))
}

/// What every candidate has to answer to a request of this kind.
pub fn expected(kind: Kind) -> StatusCode {
    match kind {
        Kind::Good => StatusCode::OK,
        Kind::MissingScope => StatusCode::FORBIDDEN,
        _ => StatusCode::UNAUTHORIZED,
    }
}
