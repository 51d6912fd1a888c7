//! What was answered of late, in bounded memory.

use std::fmt;
use std::time::Duration;

use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};

use crate::clock::Span;
use crate::{AuthErrorKind, Token};

/// The SHA-256 of a token: what is remembered is of no use to whoever reads this memory.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TokenHash([u8; 32]);

impl TokenHash {
    pub(crate) fn of(token: &str) -> Self {
        Self(Sha256::digest(token).into())
    }
}

pub(super) struct Answers {
    active: Cache<TokenHash, (Token, Span)>,
    /// Of their own, so that no number of made-up tokens pushes a good one out.
    refused: Cache<TokenHash, (AuthErrorKind, Span)>,
}

impl Answers {
    /// So many of either sort.
    pub(super) fn new(capacity: usize) -> Self {
        Self { active: Cache::new(capacity), refused: Cache::new(capacity) }
    }

    pub(super) fn get(&self, token: &TokenHash, now: Duration) -> Option<super::Found> {
        if let Some((active, span)) = self.active.get(token)
            && span.has(now)
        {
            return Some(Ok(active));
        }
        let (kind, span) = self.refused.get(token)?;
        span.has(now).then_some(Err(kind))
    }

    /// Remembers what was found out about a token that was asked about at `from`.
    pub(super) fn insert(
        &self,
        token: TokenHash,
        found: &super::Found,
        from: Duration,
        lifetime: Duration,
    ) {
        let until = from.saturating_add(lifetime);
        match found {
            Ok(active) => {
                let until = until.min(end(active));
                if from < until {
                    self.active.insert(token, (active.clone(), Span { from, until }));
                }
            }
            Err(kind) => {
                if *kind != AuthErrorKind::Unavailable {
                    self.active.remove(&token);
                }
                if from < until {
                    self.refused.insert(token, (*kind, Span { from, until }));
                }
            }
        }
    }
}

/// The `exp` of a token, without any leeway: behind it the server is asked.
fn end(token: &Token) -> Duration {
    let Some(end) = token.registered_claims().expires_at else { return Duration::MAX };
    // What is no duration lies before 1970.
    Duration::try_from_secs_f64(end.seconds()).unwrap_or_default()
}

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answers")
            .field("active", &self.active.len())
            .field("refused", &self.refused.len())
            .finish()
    }
}
