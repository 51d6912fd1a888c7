//! A token taken apart and decoded, before its signature is checked.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::header::{Header, KnownHeaders};
use super::members::{Text, set};
use super::wire;
use crate::AuthErrorKind;

/// A JSON Web Signature in compact form (RFC 7515, section 7.1) that nobody has verified.
#[derive(Debug)]
pub(crate) struct Jws<'a> {
    pub(crate) header: &'a Header<'a>,
    /// Header and payload, encoded, with the dot between them: what is signed.
    pub(crate) signed: &'a [u8],
    pub(crate) signature: &'a [u8],
    /// What is said to be JSON.
    pub(crate) payload: String,
    /// Where the header goes once the token is known to be right, unless it is from there.
    unknown_header: Option<(&'a KnownHeaders, &'a str)>,
}

impl Jws<'_> {
    /// Takes a token apart and hands it on, since it borrows from what was decoded.
    pub(crate) fn read<T>(
        token: &str,
        known: &KnownHeaders,
        then: impl FnOnce(Jws<'_>) -> T,
    ) -> Result<T, AuthErrorKind> {
        let parts = wire::split(token)?;
        let (json, new);
        let (header, unknown_header) = match known.find(parts.header) {
            Some(header) => (header, None),
            None => {
                // What has no form is not read, and nobody is told of a header in it.
                if !parts.are_base64url() {
                    return Err(AuthErrorKind::MalformedToken);
                }
                json = wire::decode_text(parts.header)?;
                new = Header::parse(&json)?;
                (&new, Some((known, parts.header)))
            }
        };
        let (mut short, mut long) = ([0; wire::SHORT], Vec::new());
        let signature = wire::decode_into(parts.signature, &mut short, &mut long)?;
        let payload = wire::decode_text(parts.payload)?;
        let signed = parts.signed.as_bytes();
        Ok(then(Jws { header, signed, signature, payload, unknown_header }))
    }

    /// To be called of a token that turned out right.
    pub(crate) fn learn_header(&self) {
        if let Some((known, encoded)) = self.unknown_header {
            known.learn(encoded, self.header);
        }
    }

    /// Whether a token is a JWS, or means to be one: three parts, of which the first is a JSON object.
    #[cfg(feature = "introspection")]
    pub(crate) fn has_form(token: &str) -> bool {
        let mut parts = token.split('.');
        let header = parts.next().unwrap_or_default();
        let is_object = |header: Vec<u8>| header.trim_ascii_start().first() == Some(&b'{');
        parts.count() == 2 && wire::decode(header).is_ok_and(is_object)
    }

    /// The `iss` that whoever made the token wrote into it. It may tell where to look, and no more.
    pub(crate) fn unverified_issuer(&self) -> Result<Option<Cow<'_, str>>, AuthErrorKind> {
        let peek: Peek<'_> =
            serde_json::from_str(&self.payload).map_err(|_| AuthErrorKind::InvalidClaims)?;
        Ok(peek.0)
    }
}

/// The `iss` of a payload, whatever else is in it.
struct Peek<'a>(Option<Cow<'a, str>>);

impl<'de> Deserialize<'de> for Peek<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PeekVisitor;

        impl<'de> Visitor<'de> for PeekVisitor {
            type Value = Peek<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object of claims")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Peek<'de>, A::Error> {
                let mut issuer = None;
                while let Some(Text(name)) = members.next_key()? {
                    match &*name {
                        "iss" => set(&mut issuer, members.next_value::<Text>()?.0)?,
                        _ => drop(members.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(Peek(issuer))
            }
        }

        deserializer.deserialize_map(PeekVisitor)
    }
}
