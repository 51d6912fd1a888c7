//! The registered claims (RFC 7519, section 4.1; RFC 9068, section 2.2), read in one pass.

use std::fmt;
use std::time::Duration;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

use super::members::{Names, Text, Unique, set};
use super::texts::{Texts, TextsAt};
use crate::{AuthErrorKind, ConfigError};

/// What the rules, policies and accessors of a token need of its claims.
///
/// The claims of RFC 7519 must have the form that it gives them. Those that other specifications
/// define are read where they have theirs; any other form counts as absent, which only ever takes
/// rights away.
#[derive(Debug, Default)]
pub(crate) struct RegisteredClaims {
    pub(crate) issuer: Option<String>,
    pub(crate) subject: Option<String>,
    pub(crate) audience: Option<Vec<String>>,
    pub(crate) expires_at: Option<NumericDate>,
    pub(crate) not_before: Option<NumericDate>,
    pub(crate) issued_at: Option<NumericDate>,
    pub(crate) id: Option<String>,
    pub(crate) client_id: Option<String>,
    pub(crate) session_id: Option<String>,
    pub(crate) scope: Option<String>,
    pub(crate) roles: Vec<String>,
    /// `cnf`: the token is bound to a key (RFC 7800).
    pub(crate) confirmation: bool,
}

impl RegisteredClaims {
    pub(crate) fn parse(json: &str, roles: &RolesClaim) -> Result<Self, AuthErrorKind> {
        let mut json = serde_json::Deserializer::from_str(json);
        let claims = json.deserialize_map(ClaimsVisitor { roles });
        claims
            .and_then(|claims| json.end().map(|()| claims))
            .map_err(|_| AuthErrorKind::InvalidClaims)
    }
}

/// Where the roles are: `roles` (RFC 9068, section 2.2.3.1), or a path of member names from there
/// down. It is one claim, never several merged: those of a client must not pass for those of the
/// realm.
#[derive(Clone, Debug)]
pub(crate) struct RolesClaim {
    first: String,
    rest: Vec<String>,
}

impl RolesClaim {
    pub(crate) fn new(path: impl IntoIterator<Item = String>) -> Result<Self, ConfigError> {
        let mut path = path.into_iter();
        let first = path.next().unwrap_or_default();
        let claim = Self { first, rest: path.collect() };
        let empty = claim.first.is_empty() || claim.rest.iter().any(String::is_empty);
        if empty || REGISTERED.contains(&claim.first.as_str()) {
            return Err(ConfigError::InvalidValue {
                setting: "claim of the roles",
                rule: "it is a path of names, and not a claim that means something else",
            });
        }
        Ok(claim)
    }
}

impl Default for RolesClaim {
    fn default() -> Self {
        Self { first: "roles".to_owned(), rest: Vec::new() }
    }
}

/// The claims that have a meaning of their own here.
const REGISTERED: [&str; 12] =
    ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "client_id", "sid", "scope", "scp", "cnf"];

struct ClaimsVisitor<'p> {
    roles: &'p RolesClaim,
}

impl<'de> Visitor<'de> for ClaimsVisitor<'_> {
    type Value = RegisteredClaims;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object of claims")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<RegisteredClaims, A::Error> {
        let mut claims = RegisteredClaims::default();
        let (mut scope, mut scp, mut roles) = (None, None, None);
        let (mut client_id, mut session_id, mut confirmation) = (None, None, None);
        let mut others = Names::default();
        while let Some(Text(name)) = members.next_key()? {
            match &*name {
                "iss" => set(&mut claims.issuer, members.next_value()?)?,
                "sub" => set(&mut claims.subject, members.next_value()?)?,
                "aud" => set(&mut claims.audience, members.next_value::<Audience>()?.0)?,
                "exp" => set(&mut claims.expires_at, members.next_value()?)?,
                "nbf" => set(&mut claims.not_before, members.next_value()?)?,
                "iat" => set(&mut claims.issued_at, members.next_value()?)?,
                "jti" => set(&mut claims.id, members.next_value()?)?,
                "client_id" => set(&mut client_id, members.next_value::<Texts>()?)?,
                "sid" => set(&mut session_id, members.next_value::<Texts>()?)?,
                "scope" => set(&mut scope, members.next_value::<Texts>()?)?,
                "scp" => set(&mut scp, members.next_value::<Texts>()?)?,
                "cnf" => {
                    members.next_value::<Unique>()?;
                    set(&mut confirmation, true)?;
                }
                other if other == self.roles.first => {
                    set(&mut roles, members.next_value_seed(TextsAt(&self.roles.rest))?)?;
                }
                _ => {
                    members.next_value::<Unique>()?;
                    others.add(name)?;
                }
            }
        }
        claims.client_id = client_id.and_then(Texts::single);
        claims.session_id = session_id.and_then(Texts::single);
        claims.scope = scope.or(scp).and_then(Texts::into_scope);
        claims.roles = roles.map(Texts::into_list).unwrap_or_default();
        claims.confirmation = confirmation.is_some();
        Ok(claims)
    }
}

/// Seconds since the Unix epoch, fractions allowed (RFC 7519, section 2).
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(crate) struct NumericDate(f64);

impl NumericDate {
    /// Up to here every whole second has a float of its own; no clock reads more.
    const LIMIT: f64 = 9_007_199_254_740_992.0;

    pub(crate) fn seconds(self) -> f64 {
        self.0
    }

    /// A time since the Unix epoch.
    pub(super) fn whole_seconds(time: Duration) -> Self {
        Self((time.as_secs() as f64).min(Self::LIMIT))
    }

    fn new<E: Error>(seconds: f64) -> Result<Self, E> {
        if seconds.abs() <= Self::LIMIT {
            Ok(Self(seconds))
        } else {
            Err(E::custom("a date out of range"))
        }
    }
}

impl<'de> Deserialize<'de> for NumericDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct DateVisitor;

        impl Visitor<'_> for DateVisitor {
            type Value = NumericDate;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of seconds")
            }

            fn visit_u64<E: Error>(self, seconds: u64) -> Result<NumericDate, E> {
                NumericDate::new(seconds as f64)
            }

            fn visit_i64<E: Error>(self, seconds: i64) -> Result<NumericDate, E> {
                NumericDate::new(seconds as f64)
            }

            fn visit_f64<E: Error>(self, seconds: f64) -> Result<NumericDate, E> {
                NumericDate::new(seconds)
            }
        }

        // Not `any`: a feature of serde_json that another crate may turn on gives numbers to that as
        // maps.
        deserializer.deserialize_f64(DateVisitor)
    }
}

/// One string or an array of strings, which may not be empty (RFC 7519, section 4.1.3).
struct Audience(Vec<String>);

impl<'de> Deserialize<'de> for Audience {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Texts::deserialize(deserializer)? {
            Texts::One(text) => Ok(Self(vec![text])),
            Texts::Many(texts) if !texts.is_empty() => Ok(Self(texts)),
            _ => Err(D::Error::custom("an audience is a string or an array of strings")),
        }
    }
}
