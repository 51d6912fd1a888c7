//! What a token costs that is refused, or known: signature checks, counted.

use super::*;
use crate::JwtAuthLayer;
use crate::key::CHECKS;
use http::{Request, Response, StatusCode, header};
use http_body_util::Empty;
use tower::{Layer, ServiceExt, service_fn};

/// The status of a request with these credentials, and how many signatures were checked for it.
fn ask(layer: &JwtAuthLayer, credentials: &str) -> (StatusCode, u64) {
    let service = layer.layer(service_fn(async |_: Request<()>| {
        Ok::<_, std::convert::Infallible>(Response::new(Empty::<bytes::Bytes>::new()))
    }));
    let request = Request::builder().header(header::AUTHORIZATION, credentials).body(()).unwrap();
    let before = CHECKS.get();
    let response = tokio_test::block_on(service.oneshot(request)).unwrap();
    (response.status(), CHECKS.get() - before)
}

#[test]
fn r47_r78_what_is_malformed_costs_no_cryptography() {
    let bench = Bench::new();
    let layer = JwtAuthLayer::new(bench.builder().build().unwrap());
    let good = sign(&bench.key, r#"{"alg":"HS256"}"#, &claims(""));
    let [header, payload, signature] = good.split('.').collect::<Vec<_>>()[..] else { panic!() };
    let (none, crit) = (encode(r#"{"alg":"none"}"#), encode(r#"{"alg":"HS256","crit":["x"]}"#));
    assert_eq!(ask(&layer, &format!("Bearer {good}")), (StatusCode::OK, 1));
    for (credentials, status) in [
        (String::new(), 401),
        ("Basic YTpi".to_owned(), 401),
        ("Bearer".to_owned(), 400),
        ("Bearer \u{e9}".to_owned(), 400),
        (format!("Bearer {good} {good}"), 400),
        (format!("Bearer {good},"), 400),
        (format!("Bearer {}", "a".repeat(9_000)), 400),
        (format!("Bearer {header}.{payload}"), 401),
        (format!("Bearer {header}.{payload}."), 401),
        (format!("Bearer {header}.{payload}.{signature}.{signature}"), 401),
        (format!("Bearer {header}.{payload}.{signature}AA"), 401),
        (format!("Bearer {header}.{payload}~.{signature}"), 401),
        (format!("Bearer {header}.{}.{signature}", encode(b"\xff\xff")), 401),
        (format!("Bearer {}.{payload}.{signature}", encode("[]")), 401),
        (format!("Bearer {none}.{payload}.{signature}"), 401),
        (format!("Bearer {crit}.{payload}.{signature}"), 401),
    ] {
        let refused = (StatusCode::from_u16(status).unwrap(), 0);
        assert_eq!(ask(&layer, &credentials), refused, "{credentials}");
    }
    assert_eq!(ask(&layer, &format!("Bearer {good}")), (StatusCode::OK, 1));
    let forged = format!("Bearer {header}.{payload}.{}", encode([0; 32]));
    assert_eq!(ask(&layer, &forged), (StatusCode::UNAUTHORIZED, 1), "a forged one costs a check");
}

#[test]
fn a_header_is_known_once_a_token_has_passed_every_rule() {
    let bench = Bench::new();
    let (verifier, header) = (bench.builder().build().unwrap(), r#"{"alg":"HS256"}"#);
    let is_known = |key: &SigningKey, claims: &str| {
        let _ = verifier.check_at_hand(&sign(key, header, claims));
        verifier.headers().find(&encode(header)).is_some()
    };
    let forger = SigningKey::generate_hs256().unwrap();
    assert!(!is_known(&forger, &claims("")));
    for wrong in [claims(r#""nbf":9000000000"#), "{}".to_owned(), "[]".to_owned()] {
        assert!(!is_known(&bench.key, &wrong), "{wrong}");
    }
    assert!(is_known(&bench.key, &claims("")));
}

#[cfg(feature = "cache")]
#[test]
fn r189_a_token_that_is_remembered_costs_no_cryptography() {
    let bench = Bench::new();
    let verifier = bench.builder().build().unwrap().cached(crate::TokenCache::new(10));
    let layer = JwtAuthLayer::new(verifier);
    let good = format!("Bearer {}", sign(&bench.key, r#"{"alg":"HS256"}"#, &claims("")));
    let checks: Vec<_> = (0..3).map(|_| ask(&layer, &good)).collect();
    assert_eq!(checks, [(StatusCode::OK, 1), (StatusCode::OK, 0), (StatusCode::OK, 0)]);
}
