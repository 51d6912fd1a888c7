//! The JOSE header (RFC 7515, section 4).

use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

use super::members::{Names, Text, Unique, set};
use crate::{Algorithm, AuthErrorKind};

/// What verifying needs of a header. Keys and addresses of keys inside it (`jwk`, `jku`, `x5u`,
/// `x5c`) are not even read: whoever made the token chose them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header<'a> {
    /// `None` for a name that is no signature algorithm known here, `none` included.
    pub(crate) algorithm: Option<Algorithm>,
    pub(crate) key_id: Option<Cow<'a, str>>,
    pub(crate) token_type: Option<Cow<'a, str>>,
}

impl<'a> Header<'a> {
    pub(crate) fn parse(json: &'a str) -> Result<Self, AuthErrorKind> {
        let raw: RawHeader<'a> =
            serde_json::from_str(json).map_err(|_| AuthErrorKind::MalformedToken)?;
        if raw.unsupported {
            return Err(AuthErrorKind::UnsupportedHeader);
        }
        let name = raw.alg.ok_or(AuthErrorKind::MalformedToken)?;
        Ok(Self { algorithm: Algorithm::from_header(&name), key_id: raw.kid, token_type: raw.typ })
    }
}

/// The headers of tokens that were right: an issuer writes the same one, byte by byte, into all tokens
/// of a key, and it need not be decoded again. Whatever strangers send leaves nothing here.
#[derive(Debug)]
pub(crate) struct KnownHeaders([OnceLock<KnownHeader>; 8]);

#[derive(Debug)]
struct KnownHeader {
    encoded: Box<str>,
    header: Header<'static>,
}

/// No header without keys inside is longer.
const LONGEST_KNOWN: usize = 512;

impl KnownHeaders {
    pub(crate) const fn new() -> Self {
        Self([const { OnceLock::new() }; 8])
    }

    pub(crate) fn find(&self, encoded: &str) -> Option<&Header<'static>> {
        let known =
            self.0.iter().map_while(OnceLock::get).find(|known| *known.encoded == *encoded)?;
        Some(&known.header)
    }

    /// Adds a header of a token that was right, while there is room; once, of however many tokens that
    /// come at once.
    pub(super) fn learn(&self, encoded: &str, header: &Header<'_>) {
        if encoded.len() > LONGEST_KNOWN {
            return;
        }
        let owned = |text: &Option<Cow<'_, str>>| {
            text.as_ref().map(|text| Cow::Owned(text.as_ref().to_owned()))
        };
        let make = || KnownHeader {
            encoded: encoded.into(),
            header: Header {
                algorithm: header.algorithm,
                key_id: owned(&header.key_id),
                token_type: owned(&header.token_type),
            },
        };
        // They are filled in their order, so that whoever comes second finds it before a free one.
        for slot in &self.0 {
            if *slot.get_or_init(make).encoded == *encoded {
                return;
            }
        }
    }
}

#[derive(Default)]
struct RawHeader<'a> {
    alg: Option<Cow<'a, str>>,
    kid: Option<Cow<'a, str>>,
    typ: Option<Cow<'a, str>>,
    /// `crit` names extensions, of which none is understood here (RFC 7515, section 4.1.11); with
    /// `b64` the payload is not base64url (RFC 7797); `enc` and `zip` belong to encryption.
    unsupported: bool,
}

impl<'de> Deserialize<'de> for RawHeader<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(HeaderVisitor)
    }
}

struct HeaderVisitor;

impl<'de> Visitor<'de> for HeaderVisitor {
    type Value = RawHeader<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JOSE header")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<RawHeader<'de>, A::Error> {
        let mut header = RawHeader::default();
        let mut others = Names::default();
        while let Some(Text(name)) = members.next_key()? {
            match &*name {
                "alg" => set(&mut header.alg, members.next_value::<Text>()?.0)?,
                "kid" => set(&mut header.kid, members.next_value::<Text>()?.0)?,
                "typ" => set(&mut header.typ, members.next_value::<Text>()?.0)?,
                other => {
                    header.unsupported |= matches!(other, "crit" | "b64" | "enc" | "zip");
                    members.next_value::<Unique>()?;
                    others.add(name)?;
                }
            }
        }
        Ok(header)
    }
}
