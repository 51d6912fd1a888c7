//! Claims that nobody wrote by hand: read into places, they say what a JSON library says.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::Value;

use super::*;

/// Members as they are written, so that names may come twice and texts have escapes.
#[derive(Clone, Debug)]
enum Written {
    /// Whatever it is written as.
    Literal(String),
    Array(Vec<Written>),
    Object(Vec<(String, Written)>),
}

impl Written {
    fn json(&self) -> String {
        match self {
            Self::Literal(json) => json.clone(),
            Self::Array(items) => {
                let items: Vec<String> = items.iter().map(Self::json).collect();
                format!("[{}]", items.join(","))
            }
            Self::Object(members) => {
                let member = |(name, value): &(String, Self)| format!("{name}: {}", value.json());
                let members: Vec<String> = members.iter().map(member).collect();
                format!("{{{}}}", members.join(", "))
            }
        }
    }
}

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("a"),
        Just("b"),
        Just(" "),
        Just("ä"),
        Just("\u{1f600}"),
        Just(r"\u0061"),
        Just(r"\n"),
        Just(r"\ud83d\ude00"),
        Just(r#"\""#),
        Just(r"\ud83d"),
    ];
    vec(piece, 0..4).prop_map(|pieces| format!("\"{}\"", pieces.concat()))
}

fn value() -> impl Strategy<Value = Written> {
    let other = prop_oneof![Just("null"), Just("true"), Just("-1"), Just("1.5e3"), Just("1e999")];
    let leaf = prop_oneof![
        4 => text().prop_map(Written::Literal),
        1 => other.prop_map(|json| Written::Literal(json.to_owned())),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(text().prop_map(Written::Literal), 0..4).prop_map(Written::Array),
            vec(inner.clone(), 0..4).prop_map(Written::Array),
            vec((name(), inner), 0..4).prop_map(Written::Object),
        ]
    })
}

fn name() -> impl Strategy<Value = String> {
    const NAMES: &[&str] = &[
        "iss",
        "sub",
        "aud",
        "jti",
        "client_id",
        "sid",
        "scope",
        "scp",
        "roles",
        "realm",
        "ä",
        "x",
        "",
        r"\u0073ub",
        r"r\u006fles",
        r"\u0072ealm",
    ];
    prop::sample::select(NAMES).prop_map(|name| format!("\"{name}\""))
}

/// Whether no object in it, of these names, has one twice.
fn is_unique(written: &Written) -> bool {
    match written {
        Written::Literal(_) => true,
        Written::Array(items) => items.iter().all(is_unique),
        Written::Object(members) => {
            let names: Vec<String> =
                members.iter().map(|(name, _)| serde_json::from_str(name).unwrap()).collect();
            let twice = |at: usize| names[..at].contains(&names[at]);
            !(0..names.len()).any(twice) && members.iter().all(|(_, value)| is_unique(value))
        }
    }
}

fn texts(value: Option<&Value>) -> Option<Vec<&str>> {
    match value? {
        Value::String(text) => Some(vec![text]),
        Value::Array(items) => items.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

#[test]
fn claims_read_into_places_are_those_of_a_json_library() {
    let paths = [vec!["roles".to_owned()], vec!["realm".to_owned(), "roles".to_owned()]];
    let holds = |written: &Written| {
        let json = written.json();
        let parsed = serde_json::from_str::<Value>(&json).ok().filter(|_| is_unique(written));
        let texts_or_none = |name| parsed.as_ref().map(|claims| texts(claims.get(name)));
        let is_text = |name: &str| {
            parsed.as_ref().is_some_and(|claims| claims.get(name).is_none_or(Value::is_string))
        };
        let audience = texts_or_none("aud").flatten();
        let is_right = ["iss", "sub", "jti"].into_iter().all(is_text)
            && parsed
                .as_ref()
                .is_some_and(|claims| claims.get("aud").is_none() || audience.is_some())
            && audience.as_ref().is_none_or(|audience| !audience.is_empty());
        for path in &paths {
            let roles = RolesClaim::new(path.clone()).unwrap();
            let read = RegisteredClaims::parse(json.clone(), &roles);
            prop_assert_eq!(read.is_ok(), is_right, "{}", json);
            let (Ok(read), Some(claims)) = (read, &parsed) else { continue };
            let one = |name: &str| claims.get(name).and_then(Value::as_str);
            prop_assert_eq!(read.issuer(), one("iss"), "{}", json);
            prop_assert_eq!(read.subject(), one("sub"), "{}", json);
            prop_assert_eq!(read.id(), one("jti"), "{}", json);
            prop_assert_eq!(read.client_id(), one("client_id"), "{}", json);
            prop_assert_eq!(read.session_id(), one("sid"), "{}", json);
            let audiences: Vec<&str> = read.audiences().collect();
            prop_assert_eq!(audiences, audience.clone().unwrap_or_default(), "{}", json);
            let at = path.iter().try_fold(claims, |value, name| value.as_object()?.get(name));
            let roles: Vec<&str> = read.roles().collect();
            prop_assert_eq!(roles, texts(at).unwrap_or_default(), "{}", json);
            let scope = claims.get("scope").or_else(|| claims.get("scp"));
            let is_scope = |scope: &&str| crate::token::is_scope_token(scope);
            let scope = match scope {
                Some(Value::Array(_)) => texts(scope)
                    .filter(|scopes| scopes.iter().all(is_scope))
                    .map(|scopes| scopes.join(" ")),
                scope => scope.and_then(Value::as_str).map(str::to_owned),
            };
            prop_assert_eq!(read.scope(), scope.as_deref(), "{}", json);
            prop_assert_eq!(read.json(), json.as_str());
        }
        Ok(())
    };
    let config = ProptestConfig { cases: 4096, failure_persistence: None, ..Default::default() };
    let claims = vec((name(), value()), 0..6).prop_map(Written::Object);
    TestRunner::new(config).run(&claims, |written| holds(&written)).unwrap();
}
