//! Any `Authorization` headers, one a line, through the layer in its three modes: one token opens
//! it, and every refusal is a 400 or 401 with one challenge and nothing of what was sent.

#![no_main]

use std::convert::Infallible;
use std::sync::LazyLock;

use http::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body_util::BodyExt;
use libfuzzer_sys::{Corpus, fuzz_target};
use tower::{Layer, ServiceExt, service_fn};
use tower_bearer::{AuthErrorKind, JwtAuthLayer, Token};
use tower_bearer_fuzz::{MAX_TOKEN, ready, sign, verifier};

static TOKEN: LazyLock<String> = LazyLock::new(|| {
    let claims = r#"{"iss":"https://me","aud":"api","exp":1700000060,"sub":"alice"}"#;
    sign(br#"{"alg":"HS256"}"#, claims.as_bytes())
});

static LAYERS: LazyLock<[JwtAuthLayer; 3]> = LazyLock::new(|| {
    let strict = JwtAuthLayer::new(verifier().build().unwrap()).realm(r#"a "b"\c"#).unwrap();
    [strict.clone(), strict.clone().optional(), strict.optional_even_if_invalid()]
});

fuzz_target!(|data: &[u8]| -> Corpus {
    let mut headers = HeaderMap::new();
    for line in data.split(|byte| *byte == b'\n') {
        let Ok(value) = HeaderValue::from_bytes(line) else { return Corpus::Reject };
        headers.append(AUTHORIZATION, value);
    }
    let values: Vec<&[u8]> = headers.values().map(HeaderValue::as_bytes).collect();
    let expected = expected(&values);

    let [strict, optional, invalid_too] = &*LAYERS;
    assert_answer(ask(strict, &headers), expected);
    let absent = expected == Err(AuthErrorKind::MissingCredentials);
    assert_answer(ask(optional, &headers), if absent { Ok("nobody") } else { expected });
    assert_answer(ask(invalid_too, &headers), Ok(expected.unwrap_or("nobody")));
    Corpus::Keep
});

/// Who the headers say that it is, or the reason of the refusal.
fn expected(values: &[&[u8]]) -> Result<&'static str, AuthErrorKind> {
    let [value] = values else { return Err(AuthErrorKind::MultipleCredentials) };
    if value.len() > MAX_TOKEN {
        return Err(AuthErrorKind::CredentialsTooLong);
    }
    let (scheme, rest) = value.split_at(value.len().min(6));
    if !scheme.eq_ignore_ascii_case(b"bearer") || !matches!(rest, [] | [b' ' | b'\t', ..]) {
        return Err(AuthErrorKind::MissingCredentials);
    }
    let spaces = rest.iter().take_while(|byte| **byte == b' ').count();
    let text = std::str::from_utf8(&rest[spaces..]).ok().filter(|text| {
        let bare = text.trim_end_matches('=');
        !bare.is_empty() && bare.chars().all(|c| c.is_ascii_alphanumeric() || "-._~+/".contains(c))
    });
    match text {
        Some(text) if text == *TOKEN => Ok("alice"),
        // Which of the token's own faults it is, `token_wire` knows.
        Some(_) => Err(AuthErrorKind::InvalidSignature),
        None => Err(AuthErrorKind::MalformedCredentials),
    }
}

/// The answer of a service that says whom it sees.
fn ask(layer: &JwtAuthLayer, headers: &HeaderMap) -> Response<String> {
    let service = layer.layer(service_fn(|request: Request<String>| async move {
        let subject = request.extensions().get::<Token>().and_then(Token::subject);
        Ok::<_, Infallible>(Response::new(subject.unwrap_or("nobody").to_owned()))
    }));
    let mut request = Request::new(String::new());
    *request.headers_mut() = headers.clone();
    let (parts, body) = ready(service.oneshot(request)).unwrap().into_parts();
    let body = ready(body.collect()).unwrap().to_bytes().to_vec();
    Response::from_parts(parts, String::from_utf8(body).unwrap())
}

fn assert_answer(answer: Response<String>, expected: Result<&str, AuthErrorKind>) {
    let kind = match expected {
        Ok(subject) => {
            assert_eq!((answer.status(), &**answer.body()), (StatusCode::OK, subject));
            return;
        }
        Err(kind) => kind,
    };
    let (status, code) = match kind {
        AuthErrorKind::MissingCredentials => (StatusCode::UNAUTHORIZED, None),
        AuthErrorKind::InvalidSignature => (StatusCode::UNAUTHORIZED, Some("invalid_token")),
        _ => (StatusCode::BAD_REQUEST, Some("invalid_request")),
    };
    assert_eq!(answer.status(), status);
    let challenges: Vec<&HeaderValue> = answer.headers().get_all(WWW_AUTHENTICATE).iter().collect();
    let [challenge] = challenges[..] else { panic!("{} challenges", challenges.len()) };
    let challenge = challenge.to_str().unwrap();
    assert!(challenge.starts_with("Bearer realm="));
    // Which of the token's own faults it is, only the challenge says here.
    let kind = assert_challenge(challenge, code).unwrap_or(kind);

    // The body is the challenge once more and a code, so that there is no room for what was sent.
    assert_eq!(answer.headers()[CONTENT_TYPE], "application/json");
    let body: serde_json::Value = serde_json::from_str(answer.body()).unwrap();
    let mut expected = serde_json::json!({ "error_description": kind.description() });
    if let Some(error) = code {
        expected["error"] = error.into();
        expected["error_code"] = kind.code().into();
    }
    assert_eq!(body, expected);
}

/// One challenge, as a client reads it; the reason that its description gives is returned.
fn assert_challenge(challenge: &str, code: Option<&str>) -> Option<AuthErrorKind> {
    let parsed = http_auth::parse_challenges(challenge).unwrap();
    let [one] = &parsed[..] else { panic!("{} challenges", parsed.len()) };
    let of = |name: &str| {
        let mut values = one.params.iter().filter(|(own, _)| *own == name);
        let value = values.next().map(|(_, value)| value.to_unescaped());
        assert!(values.next().is_none(), "{name} twice");
        value
    };
    assert_eq!(one.scheme, "Bearer");
    assert_eq!(of("realm").as_deref(), Some(r#"a "b"\c"#));
    assert_eq!(of("error").as_deref(), code);
    let description = of("error_description");
    assert_eq!(one.params.len(), 1 + 2 * usize::from(code.is_some()));
    assert_eq!(description.is_some(), code.is_some());
    description.map(|text| {
        let mut kinds = KINDS.iter().filter(|kind| kind.description() == text);
        *kinds.next().unwrap_or_else(|| panic!("{text}"))
    })
}

/// Why a client that sent something may be refused.
const KINDS: &[AuthErrorKind] = &[
    AuthErrorKind::MalformedCredentials,
    AuthErrorKind::MultipleCredentials,
    AuthErrorKind::CredentialsTooLong,
    AuthErrorKind::MalformedToken,
    AuthErrorKind::UnsupportedHeader,
    AuthErrorKind::AlgorithmMismatch,
    AuthErrorKind::InvalidSignature,
];
