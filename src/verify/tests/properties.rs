//! Texts and claims that nobody wrote by hand.

use std::cell::Cell;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::Value;

use super::*;

fn runner(cases: u32) -> TestRunner {
    // A failure is shown, not written into the source tree.
    TestRunner::new(ProptestConfig { cases, failure_persistence: None, ..Default::default() })
}

#[test]
fn r78_no_text_verifies_that_was_not_issued() {
    let bench = Bench::new();
    let verifier = bench.builder().build().unwrap();
    let good = sign(&bench.key, r#"{"alg":"HS256"}"#, &claims(""));
    assert!(verifier.check_at_hand(&good).is_ok());
    let part = prop_oneof![
        vec(any::<u8>(), 0..40).prop_map(encode),
        any::<String>(),
        any_json().prop_map(|json| encode(json.text())),
        prop::sample::select(good.split('.').map(str::to_owned).collect::<Vec<_>>()),
    ];
    let texts = prop_oneof![
        any::<String>(),
        "[A-Za-z0-9_.-]{0,200}",
        vec(part, 0..6).prop_map(|parts| parts.join(".")),
        edited(good.clone()),
    ];
    let holds = |text: String| {
        let verdict = tokio_test::block_on(verifier.verify(&text));
        prop_assert_eq!(verdict.is_ok(), text == good, "{}", text);
        Ok(())
    };
    runner(2_000).run(&texts, holds).unwrap();
}

/// A text with a piece cut out and another put in.
fn edited(text: String) -> impl Strategy<Value = String> {
    let piece = prop_oneof![any::<String>(), "[A-Za-z0-9_.=-]{0,3}"];
    (0..=text.len(), 0..4_usize, piece).prop_map(move |(at, cut, piece)| {
        format!("{}{piece}{}", &text[..at], &text[(at + cut).min(text.len())..])
    })
}

#[test]
fn r49_r63_r72_claims_verify_exactly_when_an_oracle_says_so() {
    let bench = Bench::new();
    let (good, bad) = (Cell::new(0), Cell::new(0));
    let holds = |claims: Json, quarters: u64, leeway: u64| {
        let text = claims.text();
        let now = Duration::from_millis(NOW * 1000 + quarters * 250);
        let verifier =
            bench.builder().clock(Clock::manual(now)).leeway(Duration::from_secs(leeway));
        let token = sign(&bench.key, r#"{"alg":"HS256"}"#, &text);
        let verdict = verifier.build().unwrap().check_at_hand(&token);
        let expected = claims.is_unique()
            && serde_json::from_str(&text).is_ok_and(|value| oracle(&value, now, leeway));
        prop_assert_eq!(verdict.is_ok(), expected, "{:?} at {:?}: {}", verdict.err(), now, text);
        let counter = if expected { &good } else { &bad };
        counter.set(counter.get() + 1);
        Ok(())
    };
    let cases = (any_claims(), 0..8_u64, prop::sample::select(vec![0, 1, 30, 300]));
    runner(2_000).run(&cases, |(claims, now, leeway)| holds(claims, now, leeway)).unwrap();
    println!("{} accepted, {} refused", good.get(), bad.get());
    assert!(good.get() > 200 && bad.get() > 200, "the claims are too much alike");
}

/// The rules of RFC 7519, section 4.1, for tokens without a duplicate name.
fn oracle(claims: &Value, now: Duration, leeway: u64) -> bool {
    let Value::Object(claims) = claims else { return false };
    let text_or_absent = |name: &str| claims.get(name).is_none_or(Value::is_string);
    let audience = match claims.get("aud") {
        Some(Value::String(one)) => one == "api",
        Some(Value::Array(all)) => {
            all.iter().all(Value::is_string) && all.iter().any(|one| one == "api")
        }
        _ => false,
    };
    let (now, leeway) = (now.as_secs_f64(), leeway as f64);
    let date = |name: &str| match claims.get(name) {
        None => Ok(None),
        // As far as whole seconds can be told apart.
        Some(value) => {
            value.as_f64().filter(|date| date.abs() <= 2_f64.powi(53)).map(Some).ok_or(())
        }
    };
    let (Ok(Some(exp)), Ok(nbf), Ok(iat)) = (date("exp"), date("nbf"), date("iat")) else {
        return false;
    };
    claims.get("iss").is_some_and(|iss| iss == "https://me")
        && audience
        && text_or_absent("sub")
        && text_or_absent("jti")
        && !claims.contains_key("cnf")
        && now < exp + leeway
        && nbf.is_none_or(|nbf| now + leeway >= nbf)
        && iat.is_none_or(|iat| now + leeway >= iat)
}

/// JSON that may name a member twice, which a [`Value`] can't.
#[derive(Clone, Debug)]
enum Json {
    /// A text without members.
    Leaf(String),
    Array(Vec<Json>),
    /// Each name, and whether it is written with an escape.
    Object(Vec<(String, bool, Json)>),
}

impl Json {
    fn text(&self) -> String {
        match self {
            Self::Leaf(text) => text.clone(),
            Self::Array(elements) => {
                format!("[{}]", elements.iter().map(Self::text).collect::<Vec<_>>().join(","))
            }
            Self::Object(members) => {
                let member = |(name, escaped, value): &(String, bool, Self)| {
                    let name =
                        if *escaped { escape(name) } else { Value::from(&**name).to_string() };
                    format!("{name}:{}", value.text())
                };
                format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(", "))
            }
        }
    }

    fn is_unique(&self) -> bool {
        match self {
            Self::Leaf(_) => true,
            Self::Array(elements) => elements.iter().all(Self::is_unique),
            Self::Object(members) => members.iter().enumerate().all(|(at, (name, _, value))| {
                value.is_unique() && members[..at].iter().all(|(before, _, _)| before != name)
            }),
        }
    }
}

/// Every character as `\u`, with a pair of surrogates where it takes two.
fn escape(name: &str) -> String {
    let units: String = name.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    format!("\"{units}\"")
}

/// Right claims, some of which are left out, changed or repeated, and more of any kind.
fn any_claims() -> impl Strategy<Value = Json> {
    let right = ["iss", "aud", "exp"].map(|name| value_of(name, 16).prop_map(move |v| (name, v)));
    let others = prop_oneof![
        3 => prop::sample::select(vec!["client_id", "sid", "scope", "scp", "roles", "x", ""]),
        3 => prop::sample::select(vec!["nbf", "iat", "sub", "jti"]),
        1 => prop::sample::select(vec!["iss", "aud", "exp", "cnf"]),
    ]
    .prop_flat_map(|name| value_of(name, 8).prop_map(move |value| (name, value)));
    let members = (right, vec(others, 0..3), prop::bits::u8::masked(7), any::<u16>());
    let claims = members.prop_map(|(right, others, kept, escapes)| {
        // One in eight leaves something out.
        let kept = if escapes % 8 == 0 { kept } else { 7 };
        let right = right.into_iter().enumerate().filter(|(at, _)| kept & (1 << at) != 0);
        let all = right.map(|(_, member)| member).chain(others).enumerate();
        Json::Object(
            all.map(|(at, (name, value))| (name.to_owned(), escapes & (8 << at) != 0, value))
                .collect(),
        )
    });
    prop_oneof![12 => claims, 1 => any_json()]
}

/// A value for a claim: `weight` times out of `weight + 1` one of the form that it should have.
fn value_of(name: &'static str, weight: u32) -> BoxedStrategy<Json> {
    let leaf = |text: &str| Just(Json::Leaf(text.to_owned())).boxed();
    let fitting = match name {
        "iss" => prop_oneof![9 => leaf(r#""https://me""#), 1 => leaf(r#""https://me/""#)].boxed(),
        "aud" => prop_oneof![
            6 => prop::sample::select(vec![r#""api""#, r#"["api"]"#, r#"["b","api"]"#]),
            1 => prop::sample::select(vec![r#""API""#, "[]", r#"["b"]"#, r#"["api",1]"#]),
        ]
        .prop_map(|text| Json::Leaf(text.to_owned()))
        .boxed(),
        "sub" | "jti" => {
            any::<String>().prop_map(|text| Json::Leaf(Value::from(text).to_string())).boxed()
        }
        "exp" => date(-310..900),
        "nbf" | "iat" => date(-900..310),
        _ => any_json().boxed(),
    };
    prop_oneof![weight => fitting, 1 => any_json()].boxed()
}

/// A date near now, in seconds: whole, with a fraction, or with an exponent.
fn date(range: std::ops::Range<i64>) -> BoxedStrategy<Json> {
    let offsets = prop_oneof![2 => -2..=2_i64, 1 => -32..=32_i64, 3 => range];
    let fractions = prop::sample::select(vec!["", ".0", ".25", ".5", ".75", "e0", "0e-1"]);
    (offsets, fractions)
        .prop_map(|(offset, rest)| Json::Leaf(format!("{}{rest}", NOW as i64 + offset)))
        .boxed()
}

fn any_json() -> impl Strategy<Value = Json> {
    let numbers = prop::sample::select(vec![
        "0",
        "-0",
        "-1",
        "1e400",
        "-1e400",
        "1e308",
        "9007199254740992",
        "9007199254740993",
        "9223372036854775808",
        "18446744073709551616",
        "01",
        "1.",
        "NaN",
        "null",
        "true",
        "\"\"",
    ]);
    let leaf = prop_oneof![
        numbers.prop_map(str::to_owned),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| Value::from(number).to_string()),
        any::<String>().prop_map(|text| Value::from(text).to_string()),
    ];
    leaf.prop_map(Json::Leaf).prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Json::Array),
            vec(("[abc]?", any::<bool>(), inner), 0..4).prop_map(Json::Object),
        ]
    })
}
