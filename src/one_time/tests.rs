//! What a token looks like, and which texts are none.

use std::time::Duration;

use super::text::{hash, mint};
use super::{OneTimePurpose, OneTimeTokens};
use crate::store::{MemoryStore, OneTimeTokenStore};

const NOW: Duration = Duration::from_secs(1_700_000_000);
const PURPOSES: [OneTimePurpose; 2] = [OneTimePurpose::VerifyEmail, OneTimePurpose::ResetPassword];

#[test]
fn a_token_has_160_random_bits_and_one_spelling() {
    for purpose in PURPOSES {
        let (token, minted) = mint(purpose).unwrap();
        let text = token.as_str();
        let secret = text.strip_prefix(purpose.prefix()).unwrap();
        assert_eq!(secret.len(), 40);
        assert_eq!(hash(purpose, text), Some(minted));
        assert_ne!(mint(purpose).unwrap().0.as_str(), text);
        assert_eq!(format!("{token:?}"), "OneTimeToken(..)");
        let others = [
            text.to_uppercase(),
            format!("{text}0"),
            format!(" {text}"),
            format!("{text}\n"),
            text[..text.len() - 1].to_owned(),
            secret.to_owned(),
            format!("{}{}g", purpose.prefix(), &secret[1..]),
            format!("{}{}", purpose.prefix(), "\u{e9}".repeat(20)),
            String::new(),
        ];
        for other in others {
            assert_eq!(hash(purpose, &other), None, "{other:?}");
        }
    }
}

#[test]
fn r173_a_token_for_one_purpose_is_none_for_another() {
    for purpose in PURPOSES {
        let (token, _) = mint(purpose).unwrap();
        for other in PURPOSES {
            assert_eq!(hash(other, token.as_str()).is_some(), other == purpose);
        }
    }
}

#[tokio::test]
async fn r173_a_token_ends_with_its_lifetime() {
    let (store, reset) = (MemoryStore::new(), OneTimePurpose::ResetPassword);
    let rules = OneTimeTokens::new();
    for (purpose, seconds) in [(reset, 30 * 60), (OneTimePurpose::VerifyEmail, 24 * 3600)] {
        let half = Duration::from_millis(500);
        let token = rules.issue(&store, purpose, "alice", "", NOW + half).await.unwrap();
        let over = NOW + Duration::from_secs(seconds);
        let last = over - Duration::from_nanos(1);
        let text = token.as_str();
        assert!(rules.find(&store, purpose, text, last).await.unwrap().is_some());
        assert!(rules.find(&store, purpose, text, over).await.unwrap().is_none());
        assert!(rules.take(&store, purpose, text, over).await.unwrap().is_none());
    }
    let endless = rules.lifetime(reset, Duration::MAX);
    let token = endless.issue(&store, reset, "alice", "", NOW).await.unwrap();
    assert!(endless.take(&store, reset, token.as_str(), NOW * 9).await.unwrap().is_some());
}

#[tokio::test]
async fn a_row_that_says_another_purpose_is_no_token() {
    let (store, reset) = (MemoryStore::new(), OneTimePurpose::ResetPassword);
    let rules = OneTimeTokens::new();
    let token = rules.issue(&store, reset, "alice", "", NOW).await.unwrap();
    let mut row = store.take_one_time_token(&hash(reset, token.as_str()).unwrap()).await.unwrap();
    row.as_mut().unwrap().purpose = "verify_email".to_owned();
    store.insert_one_time_token(&row.unwrap(), 1).await.unwrap();
    assert!(rules.find(&store, reset, token.as_str(), NOW).await.unwrap().is_none());
    assert!(rules.take(&store, reset, token.as_str(), NOW).await.unwrap().is_none());
}
