//! What this service knows of a user beside what the crate does.
//!
//! ```text
//! curl -i -X PATCH "$URL/auth/me" -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \
//!     -d '{"profile":{"display_name":"Alice","locale":"de-CH"}}'
//! ```

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::body::Line;

#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct Profile {
    #[serde(default)]
    display_name: Option<Line>,
    #[serde(default)]
    locale: Option<Locale>,
}

/// A language tag by its form (RFC 5646, section 2.1): words of up to 8 letters and digits, with
/// hyphens between them, that begin with a language.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(max_length = 35, pattern = "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")]
struct Locale(String);

impl TryFrom<String> for Locale {
    type Error = &'static str;

    fn try_from(tag: String) -> Result<Self, Self::Error> {
        let mut words = tag.split('-');
        let is_language = |word: &str| {
            (2..=8).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_alphabetic())
        };
        let is_word = |word: &str| {
            (1..=8).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        if tag.len() <= 35 && words.next().is_some_and(is_language) && words.all(is_word) {
            Ok(Self(tag))
        } else {
            Err("not a language tag")
        }
    }
}
