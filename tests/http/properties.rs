//! Headers that nobody wrote by hand.

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::{HeaderValue, Request, StatusCode};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use tower_bearer::{Issuer, JwtAuthLayer, Token};

use super::support::{Answer, app, ask, request, token};

fn runner(cases: u32) -> TestRunner {
    // A failure is shown, not written into the source tree.
    TestRunner::new(ProptestConfig { cases, failure_persistence: None, ..Default::default() })
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn with(value: &HeaderValue) -> Request<Body> {
    request([value.as_bytes()])
}

#[test]
fn r1_r2_r3_r4_no_header_passes_but_bearer_and_the_token() {
    let issuer = Issuer::for_tests();
    let (app, good) = (app(&issuer), token(&issuer));
    let holds = |value: HeaderValue| {
        let answer = block_on(ask(&app, with(&value)));
        if is_bearer(value.as_bytes(), &good) {
            prop_assert_eq!(answer.status, StatusCode::OK, "{:?}", value);
        } else {
            check_refusal(&answer, &value)?;
        }
        Ok(())
    };
    runner(2_000).run(&header_values(good.clone()), holds).unwrap();
}

#[test]
fn r6_no_two_headers_pass() {
    let issuer = Issuer::for_tests();
    let (app, good) = (app(&issuer), token(&issuer));
    let right = HeaderValue::from_str(&format!("Bearer {good}")).unwrap();
    let holds = |other: HeaderValue| {
        for values in [[&right, &other], [&other, &right]] {
            let answer = block_on(ask(&app, request(values.map(HeaderValue::as_bytes))));
            prop_assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{:?}", values);
        }
        Ok(())
    };
    runner(300).run(&header_values(good.clone()), holds).unwrap();
}

#[test]
fn r39_optional_never_names_somebody_without_the_token() {
    async fn maybe(token: Option<Token>) -> &'static str {
        if token.is_some() { "somebody" } else { "nobody" }
    }
    let issuer = Issuer::for_tests();
    let good = token(&issuer);
    let layer = JwtAuthLayer::new(issuer.verifier().unwrap());
    let apps = [layer.clone().optional(), layer.optional_even_if_invalid()]
        .map(|layer| Router::new().route("/", get(maybe)).layer(layer));
    let holds = |value: HeaderValue| {
        for app in &apps {
            let answer = block_on(ask(app, with(&value)));
            match answer.status {
                StatusCode::OK => {
                    let is_somebody = answer.body == "somebody";
                    prop_assert_eq!(is_somebody, is_bearer(value.as_bytes(), &good), "{:?}", value);
                }
                _ => check_refusal(&answer, &value)?,
            }
        }
        Ok(())
    };
    runner(1_000).run(&header_values(good.clone()), holds).unwrap();
}

#[test]
fn r48_no_bit_of_a_header_can_be_flipped() {
    let issuer = Issuer::for_tests();
    let (app, good) = (app(&issuer), token(&issuer));
    let right = format!("Bearer {good}").into_bytes();
    let mut tried = 0;
    for at in 0..right.len() {
        for bit in 0..8 {
            let mut flipped = right.clone();
            flipped[at] ^= 1 << bit;
            // No server hands on a header that HTTP does not allow.
            let Ok(value) = HeaderValue::from_bytes(&flipped) else { continue };
            let answer = block_on(ask(&app, with(&value)));
            // The scheme alone has no case.
            let passes = is_bearer(&flipped, &good);
            assert_eq!(answer.status == StatusCode::OK, passes, "byte {at}, bit {bit}");
            assert!(passes == (at < 6 && bit == 5), "byte {at}, bit {bit}");
            tried += 1;
        }
    }
    assert!(tried > 4 * right.len(), "most flips make a header");
}

/// `Bearer` in any case, spaces, the token: written down once more, to judge by.
fn is_bearer(value: &[u8], token: &str) -> bool {
    let Ok(text) = std::str::from_utf8(value) else { return false };
    text.split_once(' ').is_some_and(|(scheme, rest)| {
        scheme.eq_ignore_ascii_case("bearer") && rest.trim_start_matches(' ') == token
    })
}

fn check_refusal(answer: &Answer, value: &HeaderValue) -> Result<(), TestCaseError> {
    let refused = [StatusCode::BAD_REQUEST, StatusCode::UNAUTHORIZED].contains(&answer.status);
    prop_assert!(refused, "{}: {:?}", answer.status, value);
    prop_assert!(answer.challenge.is_some(), "{:?}", value);
    Ok(())
}

/// Whatever a header can carry: any bytes, `Bearer` and something like a token, and the right
/// header with a piece cut out and another put in.
fn header_values(token: String) -> impl Strategy<Value = HeaderValue> {
    let scheme = prop::sample::select(vec![
        "Bearer ", "bearer ", "BEARER  ", "Bearer", "Bearer\t", " Bearer ", "Basic ", "Bearer,",
    ]);
    let good = token.clone();
    let text = prop_oneof![
        "[A-Za-z0-9_-]{0,30}(\\.[A-Za-z0-9_-]{0,30}){0,5}",
        "[ -~]{0,40}",
        Just(good.clone()),
        Just(format!("{good}=")),
        Just(format!("{good} {good}")),
    ];
    let piece = prop_oneof![
        vec(any::<u8>(), 0..4),
        prop::sample::select(vec!["", " ", ".", "=", ",", "Bearer ", "\t"])
            .prop_map(|text| text.as_bytes().to_vec()),
    ];
    let right = format!("Bearer {token}").into_bytes();
    let edited = (0..=right.len(), 0..3_usize, piece).prop_map(move |(at, cut, piece)| {
        [&right[..at], &piece, &right[(at + cut).min(right.len())..]].concat()
    });
    prop_oneof![
        vec(any::<u8>(), 0..100),
        vec(prop_oneof![0x20..=0x7e_u8, 0x80..=0xff_u8, Just(b'\t')], 0..100),
        (scheme, text).prop_map(|(scheme, text)| format!("{scheme}{text}").into_bytes()),
        edited,
    ]
    .prop_filter_map("a header can't carry it", |bytes| HeaderValue::from_bytes(&bytes).ok())
}
