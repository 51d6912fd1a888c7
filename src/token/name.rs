//! Names of claims.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, Visitor};

/// A member of the claims, as far as it has a meaning here.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    Issuer,
    Subject,
    Audience,
    ExpiresAt,
    NotBefore,
    IssuedAt,
    Id,
    ClientId,
    SessionId,
    Scope,
    Scp,
    Confirmation,
    Roles,
    Other,
}

impl Name {
    /// The claims that have a meaning of their own here.
    pub(super) fn registered(name: &str) -> Option<Self> {
        Some(match name {
            "iss" => Self::Issuer,
            "sub" => Self::Subject,
            "aud" => Self::Audience,
            "exp" => Self::ExpiresAt,
            "nbf" => Self::NotBefore,
            "iat" => Self::IssuedAt,
            "jti" => Self::Id,
            "client_id" => Self::ClientId,
            "sid" => Self::SessionId,
            "scope" => Self::Scope,
            "scp" => Self::Scp,
            "cnf" => Self::Confirmation,
            _ => return None,
        })
    }
}

/// Reads which member it is, and the name of one that has no meaning here.
pub(super) struct NameOf<'r, 'de> {
    /// Where the roles are, or the way to them begins.
    pub(super) roles: &'r str,
    pub(super) other: &'r mut Option<Cow<'de, str>>,
}

impl<'de> NameOf<'_, 'de> {
    fn name(self, name: Cow<'de, str>) -> Name {
        match Name::registered(&name) {
            Some(registered) => registered,
            None if *name == *self.roles => Name::Roles,
            None => {
                *self.other = Some(name);
                Name::Other
            }
        }
    }
}

impl<'de> DeserializeSeed<'de> for NameOf<'_, 'de> {
    type Value = Name;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Name, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for NameOf<'_, 'de> {
    type Value = Name;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a claim")
    }

    fn visit_borrowed_str<E: Error>(self, name: &'de str) -> Result<Name, E> {
        Ok(self.name(Cow::Borrowed(name)))
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Name, E> {
        Ok(self.name(Cow::Owned(name.to_owned())))
    }
}
