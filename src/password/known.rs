//! What a user store keeps for one password, whichever program made it.

use std::error::Error;
use std::fmt;

use super::legacy::Legacy;
use super::parameters::Parameters;
use super::pepper::Peppers;
use super::stored::Stored;
use crate::trace;

/// A stored hash ready to be computed again.
pub(super) enum Known {
    Argon2(Stored),
    Legacy(Legacy),
}

/// Why nobody can log in with a stored hash.
///
/// # Examples
///
/// See [`Hasher::check_stored`](crate::Hasher::check_stored).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnusableHash {
    /// It has none of the forms that [`Hasher`](crate::Hasher) lists.
    UnknownForm,
    /// It asks for more memory or work than the limits that [`Hasher`](crate::Hasher) lists.
    TooDear,
    /// It was made with a pepper that the hasher does not know.
    UnknownPepper,
}

impl fmt::Display for UnusableHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownForm => "the hash has no known form",
            Self::TooDear => "the hash asks for too much work",
            Self::UnknownPepper => "the hash has a pepper that the hasher does not know",
        })
    }
}

impl Error for UnusableHash {}

impl Known {
    /// Reads a hash by the form of its text. Nothing is returned, and the fault logged, where it
    /// can't be used.
    pub(super) fn read(text: &str, current: Parameters, peppers: &Peppers) -> Option<Self> {
        Self::try_read(text, current, peppers).map_err(log).ok()
    }

    pub(super) fn try_read(
        text: &str,
        current: Parameters,
        peppers: &Peppers,
    ) -> Result<Self, UnusableHash> {
        // Django puts the name of its own class before the PHC string.
        let phc = match text.strip_prefix("argon2") {
            Some(phc) if phc.starts_with('$') => phc,
            _ => text,
        };
        if phc.starts_with("$argon2") {
            Stored::read(phc, current, peppers).map(Self::Argon2)
        } else {
            Legacy::read(text).map(Self::Legacy)
        }
    }

    pub(super) fn is_outdated(&self, current: Parameters, peppers: &Peppers) -> bool {
        match self {
            Self::Argon2(stored) => stored.is_outdated(current, peppers),
            Self::Legacy(_) => true,
        }
    }
}

fn log(fault: UnusableHash) {
    match fault {
        UnusableHash::UnknownForm => {
            trace::error!(
                target: "tower_bearer::password",
                "a stored password hash has no known form, so that its user can't log in"
            )
        }
        UnusableHash::UnknownPepper => trace::warn!(
            target: "tower_bearer::password",
            "a stored password hash has a pepper that the hasher does not know, so that its user \
             can't log in; add it with `previous_pepper`"
        ),
        UnusableHash::TooDear => trace::error!(
            target: "tower_bearer::password",
            "a stored password hash asks for too much work, so that its user can't log in"
        ),
    }
}
