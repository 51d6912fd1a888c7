//! The registered claims (RFC 7519, section 4.1; RFC 9068, section 2.2), read in one pass.

use std::fmt;
use std::mem;

use serde::de::{Deserializer, Error, MapAccess, Visitor};

use super::date::NumericDate;
use super::members::{Names, Unique, set};
use super::name::{Name, NameOf};
use super::part::{Part, Places, Texts};
use super::texts::{Member, OneText, TextsAt};
use crate::{AuthErrorKind, ConfigError};

/// What the rules, policies and accessors of a token need of its claims, beside their text. Texts are
/// not copied: each is known by its place.
///
/// The claims of RFC 7519 must have the form that it gives them. Those that other specifications
/// define are read where they have theirs; any other form counts as absent, which only ever takes
/// rights away.
#[derive(Debug, Default)]
pub(crate) struct RegisteredClaims {
    texts: Texts,
    issuer: Option<Part>,
    subject: Option<Part>,
    audience: Member,
    id: Option<Part>,
    client_id: Member,
    session_id: Member,
    scope: Member,
    roles: Member,
    pub(crate) expires_at: Option<NumericDate>,
    pub(crate) not_before: Option<NumericDate>,
    pub(crate) issued_at: Option<NumericDate>,
    /// `cnf`: the token is bound to a key (RFC 7800).
    pub(crate) confirmation: bool,
}

impl RegisteredClaims {
    pub(crate) fn parse(json: String, roles: &RolesClaim) -> Result<Self, AuthErrorKind> {
        let mut claims = Self::default();
        let mut places = Places::new(&json);
        let mut read = serde_json::Deserializer::from_str(&json);
        read.deserialize_map(ClaimsVisitor { roles, places: &mut places, claims: &mut claims })
            .and_then(|()| read.end())
            .map_err(|_| AuthErrorKind::InvalidClaims)?;
        let unescaped = places.into_unescaped();
        claims.texts = Texts::new(json, unescaped);
        Ok(claims)
    }

    /// Those of an API key, which come from a store.
    pub(super) fn of_api_key(id: &str, owner: &str, scope: &str) -> Self {
        let mut places = Places::new("");
        let (id, subject) = (Some(places.copied(id)), Some(places.copied(owner)));
        let scope = Member::One(places.copied(scope));
        let texts = Texts::new(String::new(), places.into_unescaped());
        Self { texts, id, subject, scope, ..Self::default() }
    }

    /// As they were written; nothing where they are of no JSON.
    pub(crate) fn json(&self) -> &str {
        self.texts.json()
    }

    pub(crate) fn issuer(&self) -> Option<&str> {
        self.text(self.issuer)
    }

    pub(crate) fn subject(&self) -> Option<&str> {
        self.text(self.subject)
    }

    /// None where there is no `aud`, which is never empty.
    pub(crate) fn audiences(&self) -> impl Iterator<Item = &str> {
        self.audience.list().map(|part| self.texts.get(part))
    }

    pub(crate) fn id(&self) -> Option<&str> {
        self.text(self.id)
    }

    pub(crate) fn client_id(&self) -> Option<&str> {
        self.text(self.client_id.single())
    }

    pub(crate) fn session_id(&self) -> Option<&str> {
        self.text(self.session_id.single())
    }

    pub(crate) fn scope(&self) -> Option<&str> {
        self.text(self.scope.single())
    }

    pub(crate) fn roles(&self) -> impl Iterator<Item = &str> {
        self.roles.list().map(|part| self.texts.get(part))
    }

    fn text(&self, part: Option<Part>) -> Option<&str> {
        part.map(|part| self.texts.get(part))
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
        if empty || Name::registered(&claim.first).is_some() {
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

struct ClaimsVisitor<'r, 'j> {
    roles: &'r RolesClaim,
    places: &'r mut Places<'j>,
    claims: &'r mut RegisteredClaims,
}

impl<'de> Visitor<'de> for ClaimsVisitor<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object of claims")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let Self { roles: roles_claim, places, claims } = self;
        let (mut scp, mut confirmation) = (Member::Absent, None);
        let mut others = Names::default();
        let mut other = None;
        while let Some(name) =
            members.next_key_seed(NameOf { roles: &roles_claim.first, other: &mut other })?
        {
            let read = Read { members: &mut members, places: &mut *places };
            match name {
                Name::Issuer => read.text(&mut claims.issuer)?,
                Name::Subject => read.text(&mut claims.subject)?,
                Name::Id => read.text(&mut claims.id)?,
                Name::Audience => read.texts(&[], &mut claims.audience)?,
                Name::ClientId => read.texts(&[], &mut claims.client_id)?,
                Name::SessionId => read.texts(&[], &mut claims.session_id)?,
                Name::Scope => read.texts(&[], &mut claims.scope)?,
                Name::Scp => read.texts(&[], &mut scp)?,
                Name::Roles => read.texts(&roles_claim.rest, &mut claims.roles)?,
                Name::ExpiresAt => set(&mut claims.expires_at, members.next_value()?)?,
                Name::NotBefore => set(&mut claims.not_before, members.next_value()?)?,
                Name::IssuedAt => set(&mut claims.issued_at, members.next_value()?)?,
                Name::Confirmation => {
                    members.next_value::<Unique>()?;
                    set(&mut confirmation, true)?;
                }
                Name::Other => {
                    members.next_value::<Unique>()?;
                    others.add(other.take().unwrap_or_default())?;
                }
            }
        }
        let is_nobody = !claims.audience.is_absent() && claims.audience.list().next().is_none();
        if is_nobody {
            // RFC 7519, section 4.1.3: a string, or an array of strings.
            return Err(A::Error::custom("an audience of another form, or of nobody"));
        }
        if claims.scope.is_absent() {
            claims.scope = scp;
        }
        claims.scope = mem::take(&mut claims.scope).into_scope(places);
        claims.confirmation = confirmation.is_some();
        Ok(())
    }
}

/// What the value of a member is read by.
struct Read<'r, 'j, A> {
    members: &'r mut A,
    places: &'r mut Places<'j>,
}

impl<'de, A: MapAccess<'de>> Read<'_, '_, A> {
    /// A string.
    fn text(self, into: &mut Option<Part>) -> Result<(), A::Error> {
        self.members.next_value_seed(OneText { places: self.places, into })
    }

    /// Strings at the end of a path, or anything else.
    fn texts(self, path: &[String], into: &mut Member) -> Result<(), A::Error> {
        if !into.is_absent() {
            return Err(A::Error::custom("duplicate member"));
        }
        self.members.next_value_seed(TextsAt { path, places: self.places, into })
    }
}
