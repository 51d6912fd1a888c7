//! The JOSE header (RFC 7515, section 4).

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

use super::members::{Names, Unique, set};
use crate::{Algorithm, AuthErrorKind};

/// What verifying needs of a header. Keys and addresses of keys inside it (`jwk`, `jku`, `x5u`,
/// `x5c`) are not even read: whoever made the token chose them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// `None` for a name that is no signature algorithm known here, `none` included.
    pub(crate) algorithm: Option<Algorithm>,
    pub(crate) key_id: Option<String>,
    pub(crate) token_type: Option<String>,
}

impl Header {
    pub(crate) fn parse(json: &str) -> Result<Self, AuthErrorKind> {
        let raw: RawHeader =
            serde_json::from_str(json).map_err(|_| AuthErrorKind::MalformedToken)?;
        if raw.unsupported {
            return Err(AuthErrorKind::UnsupportedHeader);
        }
        let name = raw.alg.ok_or(AuthErrorKind::MalformedToken)?;
        Ok(Self { algorithm: Algorithm::from_header(&name), key_id: raw.kid, token_type: raw.typ })
    }
}

#[derive(Default)]
struct RawHeader {
    alg: Option<String>,
    kid: Option<String>,
    typ: Option<String>,
    /// `crit` names extensions, of which none is understood here (RFC 7515, section 4.1.11); with
    /// `b64` the payload is not base64url (RFC 7797); `enc` and `zip` belong to encryption.
    unsupported: bool,
}

impl<'de> Deserialize<'de> for RawHeader {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(HeaderVisitor)
    }
}

struct HeaderVisitor;

impl<'de> Visitor<'de> for HeaderVisitor {
    type Value = RawHeader;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JOSE header")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<RawHeader, A::Error> {
        let mut header = RawHeader::default();
        let mut others = Names::default();
        while let Some(name) = members.next_key::<String>()? {
            match name.as_str() {
                "alg" => set(&mut header.alg, members.next_value()?)?,
                "kid" => set(&mut header.kid, members.next_value()?)?,
                "typ" => set(&mut header.typ, members.next_value()?)?,
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
