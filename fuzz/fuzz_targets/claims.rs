//! Headers and claims of any form, rightly signed: the verifier accepts what the rules accept, and
//! the accessors say what the claims say. The first line of the input is the header.

#![no_main]

use std::sync::LazyLock;
use std::time::{Duration, UNIX_EPOCH};

use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};
use tower_bearer::{AuthErrorKind, Token, Verifier};
use tower_bearer_fuzz::{
    AUDIENCE, ISSUER, LEEWAY, MAX_TOKEN, NOW, is_unsupported, jose_header, object, ready, sign,
    verifier,
};

static VERIFIER: LazyLock<Verifier> = LazyLock::new(|| verifier().build().unwrap());

fuzz_target!(|data: &[u8]| {
    let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (header, payload) = (&data[..end], data.get(end + 1..).unwrap_or_default());
    let text = sign(header, payload);
    let accepted = accepted_claims(header, payload).filter(|_| text.len() <= MAX_TOKEN);
    match (ready(VERIFIER.verify(&text)), accepted) {
        (Ok(token), Some(claims)) => assert_says(&token, &claims),
        (Err(error), None) => {
            assert_ne!(error.kind(), AuthErrorKind::InvalidSignature);
            assert_eq!(error.to_string(), error.kind().description());
        }
        (Ok(_), None) => panic!("accepted against the rules"),
        (Err(error), Some(_)) => panic!("refused: {error}"),
    }
});

/// The claims, where the rules accept the token.
fn accepted_claims(header: &[u8], payload: &[u8]) -> Option<Map<String, Value>> {
    let header = jose_header(header)?;
    let types = ["at+jwt", "jwt", "application/at+jwt", "application/jwt"];
    let typed =
        |typ: &Value| types.iter().any(|one| typ.as_str().unwrap().eq_ignore_ascii_case(one));
    let registered = [
        "iss",
        "sub",
        "aud",
        "exp",
        "nbf",
        "iat",
        "jti",
        "client_id",
        "sid",
        "scope",
        "scp",
        "roles",
        "cnf",
    ];
    let claims = object(payload, &registered)?;
    let (now, leeway) = (NOW as f64, LEEWAY as f64);
    let not_later = |name: &str| match claims.get(name) {
        None => true,
        Some(date) => seconds(date).is_some_and(|date| now >= date - leeway),
    };
    let accepted = !is_unsupported(&header)
        && header.get("alg").is_some_and(|alg| alg == "HS256")
        && header.get("typ").is_none_or(typed)
        && claims.get("iss").is_some_and(|iss| iss == ISSUER)
        && audiences(claims.get("aud")?)?.contains(&AUDIENCE)
        && seconds(claims.get("exp")?).is_some_and(|exp| now < exp + leeway)
        && not_later("nbf")
        && not_later("iat")
        && claims.get("sub").is_none_or(Value::is_string)
        && claims.get("jti").is_none_or(Value::is_string)
        && !claims.contains_key("cnf");
    accepted.then_some(claims)
}

fn assert_says(token: &Token, claims: &Map<String, Value>) {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    assert_eq!(token.issuer(), text("iss"));
    assert_eq!(token.subject(), text("sub"));
    assert_eq!(token.id(), text("jti"));
    assert_eq!(token.client_id(), text("client_id"));
    assert_eq!(token.session_id(), text("sid"));
    assert_eq!(Some(token.audiences().collect()), audiences(&claims["aud"]));
    for (name, time) in
        [("exp", token.expires_at()), ("nbf", token.not_before()), ("iat", token.issued_at())]
    {
        let since = claims.get(name).map(|date| seconds(date).unwrap().max(0.0));
        assert_eq!(time, since.map(|since| UNIX_EPOCH + Duration::from_secs_f64(since)));
    }
    let roles: Vec<&str> = token.roles().collect();
    assert_eq!(roles, claims.get("roles").and_then(texts).unwrap_or_default());
    assert!(roles.iter().all(|role| token.has_role(role)));

    let scopes: Vec<&str> = token.scopes().collect();
    assert_eq!(scopes, claims.get("scope").or(claims.get("scp")).map(held).unwrap_or_default());
    assert!(scopes.iter().all(|scope| token.has_scope(scope)));
    assert!(!token.has_scope("") && !token.has_scope("a b"));

    assert_eq!(&token.claims::<Map<String, Value>>().unwrap(), claims);
    // Debug has these two claims and no other.
    let shown = (token.subject(), token.expires_at());
    let shown = format!("Token {{ subject: {:?}, expires_at: {:?}, .. }}", shown.0, shown.1);
    assert_eq!(format!("{token:?}"), shown);
}

/// A date, where it is a number in range.
fn seconds(date: &Value) -> Option<f64> {
    date.as_f64().filter(|seconds| seconds.abs() <= 2_f64.powi(53))
}

fn audiences(aud: &Value) -> Option<Vec<&str>> {
    texts(aud).filter(|texts| !texts.is_empty())
}

/// A text, or an array of nothing else.
fn texts(value: &Value) -> Option<Vec<&str>> {
    match value {
        Value::String(text) => Some(vec![text]),
        Value::Array(array) => array.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

/// The scopes of a text that is parted by spaces, or of an array, none of which has a space.
fn held(scope: &Value) -> Vec<&str> {
    let is_scope = |text: &&str| {
        !text.is_empty() && text.chars().all(|c| matches!(c, '!'..='~') && c != '"' && c != '\\')
    };
    match scope {
        Value::String(text) => text.split(' ').filter(|scope| !scope.is_empty()).collect(),
        other => texts(other).filter(|texts| texts.iter().all(is_scope)).unwrap_or_default(),
    }
}
