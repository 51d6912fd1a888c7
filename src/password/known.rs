//! What a user store keeps for one password, whichever program made it.

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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unusable {
    UnknownForm,
    TooDear,
    UnknownPepper,
}

impl Known {
    /// Reads a hash by the form of its text. Nothing is returned, and the fault logged, where it
    /// can't be used.
    pub(super) fn read(text: &str, current: Parameters, peppers: &Peppers) -> Option<Self> {
        // Django puts the name of its own class before the PHC string.
        let phc = match text.strip_prefix("argon2") {
            Some(phc) if phc.starts_with('$') => phc,
            _ => text,
        };
        let read = if phc.starts_with("$argon2") {
            Stored::read(phc, current, peppers).map(Self::Argon2)
        } else {
            Legacy::read(text).map(Self::Legacy)
        };
        read.map_err(log).ok()
    }

    pub(super) fn is_outdated(&self, current: Parameters, peppers: &Peppers) -> bool {
        match self {
            Self::Argon2(stored) => stored.is_outdated(current, peppers),
            Self::Legacy(_) => true,
        }
    }
}

fn log(fault: Unusable) {
    match fault {
        Unusable::UnknownForm => {
            trace::error!(
                target: "tower_bearer::password",
                "a stored password hash has no known form, so that its user can't log in"
            )
        }
        Unusable::UnknownPepper => trace::warn!(
            target: "tower_bearer::password",
            "a stored password hash has a pepper that the hasher does not know, so that its user \
             can't log in; add it with `previous_pepper`"
        ),
        Unusable::TooDear => trace::error!(
            target: "tower_bearer::password",
            "a stored password hash asks for too much work, so that its user can't log in"
        ),
    }
}
