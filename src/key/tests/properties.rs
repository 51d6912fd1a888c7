//! Keys and tokens that nobody wrote by hand.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestRunner};
use serde_json::{Map, Value};

use super::backends::jwks;
use super::*;
use crate::{Clock, Grant, IssueError, Issuer};

const NOW: u64 = 1_700_000_000;

pub(super) fn runner(cases: u32) -> TestRunner {
    // A failure is shown, not written into the source tree.
    TestRunner::new(ProptestConfig { cases, failure_persistence: None, ..Default::default() })
}

fn issuer(key: SigningKey) -> Issuer {
    let clock = Clock::manual(Duration::from_secs(NOW));
    Issuer::new(key).issuer("https://me").audience("api").clock(clock)
}

#[test]
fn what_one_backend_signs_all_verify() {
    let mut pairs = Vec::new();
    for algorithm in Algorithm::ALL {
        let issuers = Backend::ALL.iter().map(|one| issuer(signing_key(*one, algorithm)));
        let issuers: Vec<Issuer> = issuers.collect();
        let verifiers: Vec<Verifier> = issuers.iter().map(|one| one.verifier().unwrap()).collect();
        pairs.push((issuers, verifiers));
    }
    let holds = |content: Content| {
        for (issuers, verifiers) in &pairs {
            for issuer in issuers {
                let minted = match issuer.issue(&content.grant()) {
                    Ok(minted) => minted,
                    Err(error) => return content.check_refusal(&error),
                };
                prop_assert!(content.can_be_issued(), "issued with a scope or claim that is none");
                for verifier in verifiers {
                    content.check(verifier, &minted)?;
                }
            }
        }
        Ok(())
    };
    runner(24).run(&content(), holds).unwrap();
}

#[test]
fn r48_no_bit_of_a_token_can_be_flipped() {
    let mut tried = 0;
    for algorithm in Algorithm::ALL {
        for backend in Backend::ALL {
            let issuer = issuer(signing_key(*backend, algorithm).with_key_id("1"));
            let verifier = issuer.verifier().unwrap();
            let minted = issuer.issue(&Grant::new("a")).unwrap();
            assert!(verifier.check_at_hand(&minted).is_ok());
            for (at, byte) in minted.bytes().enumerate() {
                // The larger hashes of RSA are slow and take the same way: one bit in each byte.
                let slow = matches!(algorithm.name(), "RS384" | "RS512" | "PS384" | "PS512");
                for bit in (0..8).filter(|bit| !slow || at % 8 == *bit) {
                    // Beyond ASCII no byte stands alone in a text.
                    let flipped = char::from(byte ^ 1 << bit);
                    let forged = format!("{}{flipped}{}", &minted[..at], &minted[at + 1..]);
                    let refused = verifier.check_at_hand(&forged).is_err();
                    assert!(refused, "{algorithm} {backend:?}: byte {at}, bit {bit}: {forged}");
                    tried += 1;
                }
            }
        }
    }
    println!("{tried} flipped bits, all refused");
}

#[test]
fn any_text_as_a_key_or_key_set_is_an_error_at_most() {
    let texts = prop_oneof![
        any::<String>(),
        vec(any::<u8>(), 0..200).prop_map(|raw| String::from_utf8_lossy(&raw).into_owned()),
        (jwks(), any::<prop::sample::Index>()).prop_map(|(set, at)| {
            let text = set.to_string();
            text.chars().take(at.index(text.chars().count())).collect()
        }),
        any_json().prop_map(|value| value.to_string()),
    ];
    let holds = |text: String| {
        for backend in Backend::ALL {
            // Nothing above is a whole key set.
            prop_assert!(KeySet::read(*backend, &text).is_err());
            prop_assert!(SigningKeys::read(*backend, &text).is_err());
        }
        let _ = VerifyingKey::from_jwk(&text);
        for algorithm in Algorithm::ALL {
            let _ = VerifyingKey::from_pem(algorithm, &text);
            let _ = VerifyingKey::from_der(algorithm, &text);
            let _ = SigningKey::from_pem(algorithm, &text);
            let _ = SigningKey::from_der(algorithm, &text);
        }
        Ok(())
    };
    runner(256).run(&texts, holds).unwrap();
}

#[test]
fn a_private_key_with_another_member_is_refused() {
    let own = set::members(include_str!("../../../tests/keys/private.jwks.json")).unwrap();
    let members = ["d", "n", "e", "p", "q", "dp", "dq", "qi", "x", "y"];
    let bytes = prop_oneof![
        vec(any::<u8>(), 0..50),
        vec(any::<u8>(), 32..33),
        Just(vec![0; 32]),
        Just(vec![0]),
        Just(vec![1]),
        Just(vec![255; 256]),
    ];
    let holds = |at: usize, member: &str, bytes: Vec<u8>| {
        let mut jwk = own[at].clone();
        let other = URL_SAFE_NO_PAD.encode(bytes);
        match jwk.get_mut(member) {
            Some(value) if *value != other => *value = other.into(),
            _ => return Ok(()),
        }
        for backend in Backend::ALL {
            // The crate `rsa` computes what it could be told.
            let computes = format!("{backend:?}") == "RustCrypto";
            let computed = computes && ["dp", "dq", "qi"].contains(&member);
            let key = private_jwk::key(*backend, jwk.clone());
            prop_assert!(key.is_err() || computed, "{backend:?} {member}: {jwk}");
        }
        Ok(())
    };
    let cases = (0..own.len(), prop::sample::select(members.to_vec()), bytes);
    runner(256).run(&cases, |(at, member, bytes)| holds(at, member, bytes)).unwrap();
}

/// What a grant is made of.
#[derive(Clone, Debug)]
struct Content {
    subject: String,
    client_id: String,
    session_id: Option<String>,
    scopes: Vec<String>,
    roles: Vec<String>,
    claims: Map<String, Value>,
}

fn content() -> impl Strategy<Value = Content> {
    let scope = prop_oneof![15 => "[!#-\\[\\]-~]{1,12}", 1 => text()];
    let name = prop_oneof![30 => text(), 1 => Just("exp".to_owned()), 1 => Just("aud".to_owned())];
    let claims = vec((name, any_json()), 0..4).prop_map(|members| members.into_iter().collect());
    let (scopes, roles) = (vec(scope, 0..4), vec(text(), 0..4));
    (text(), text(), prop::option::of(text()), scopes, roles, claims).prop_map(
        |(subject, client_id, session_id, scopes, roles, claims)| Content {
            subject,
            client_id,
            session_id,
            scopes,
            roles,
            claims,
        },
    )
}

impl Content {
    fn grant(&self) -> Grant {
        let mut grant = Grant::new(&self.subject)
            .client_id(&self.client_id)
            .scopes(self.scopes.clone())
            .roles(self.roles.clone());
        if let Some(session_id) = &self.session_id {
            grant = grant.session_id(session_id);
        }
        for (name, value) in &self.claims {
            grant = grant.claim(name, value.clone());
        }
        grant
    }

    /// RFC 6749, section 3.3, and the claims that belong to the issuer.
    fn can_be_issued(&self) -> bool {
        let printable = |one: char| matches!(one, '!'..='~') && one != '"' && one != '\\';
        let is_scope = |text: &String| !text.is_empty() && text.chars().all(printable);
        self.scopes.iter().all(is_scope) && ["exp", "aud"].iter().all(|name| self.is_free(name))
    }

    fn is_free(&self, name: &str) -> bool {
        !self.claims.contains_key(name)
    }

    fn check_refusal(&self, error: &IssueError) -> Result<(), TestCaseError> {
        match error {
            IssueError::ReservedClaim(name) => prop_assert!(!self.is_free(name)),
            IssueError::InvalidScope(scope) => prop_assert!(self.scopes.contains(scope)),
            IssueError::Config(error) => prop_assert!(false, "{error}"),
        }
        prop_assert!(!self.can_be_issued());
        Ok(())
    }

    fn check(&self, verifier: &Verifier, minted: &str) -> Result<(), TestCaseError> {
        let token = match verifier.check_at_hand(minted) {
            Err(AuthErrorKind::CredentialsTooLong) if minted.len() > 8 * 1024 => return Ok(()),
            Err(kind) => return Err(TestCaseError::fail(format!("{kind:?}: {minted}"))),
            Ok(token) => token,
        };
        prop_assert_eq!(token.subject(), Some(self.subject.as_str()));
        prop_assert_eq!(token.client_id(), Some(self.client_id.as_str()));
        prop_assert_eq!(token.session_id(), self.session_id.as_deref());
        prop_assert!(token.scopes().eq(&self.scopes));
        prop_assert!(token.roles().eq(&self.roles));
        let claims: Map<String, Value> = token.claims().unwrap();
        for (name, value) in &self.claims {
            prop_assert_eq!(claims.get(name), Some(value));
        }
        Ok(())
    }
}

/// Any characters, control characters among them.
fn text() -> impl Strategy<Value = String> {
    vec(any::<char>(), 0..12).prop_map(|characters| characters.into_iter().collect())
}

pub(super) fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        // Halves, since not every fraction survives being printed and read.
        any::<i32>().prop_map(|twice| Value::from(f64::from(twice) / 2.0)),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((text(), inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}
