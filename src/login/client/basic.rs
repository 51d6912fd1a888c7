//! A client's ID and secret in the `Authorization` header (RFC 6749, section 2.3.1).

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use zeroize::Zeroizing;

/// With padding or without.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What the `Authorization` header says of the client.
pub(in crate::login) enum BasicHeader {
    /// Nothing, be it that there is none or that it is of another scheme.
    Absent,
    Credentials {
        id: String,
        secret: Zeroizing<String>,
    },
    Malformed,
    /// Nobody knows which one a proxy looked at.
    Several,
}

impl BasicHeader {
    pub(in crate::login) fn of(headers: &HeaderMap) -> Self {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let Some(value) = values.next() else { return Self::Absent };
        if values.next().is_some() {
            return Self::Several;
        }
        let value = value.as_bytes();
        let end = value.iter().position(|byte| *byte == b' ').unwrap_or(value.len());
        let (scheme, credentials) = value.split_at(end);
        if !scheme.eq_ignore_ascii_case(b"Basic") {
            return Self::Absent;
        }
        match parse(credentials.trim_ascii_start()) {
            // What some clients send that have neither.
            Some((id, secret)) if id.is_empty() && secret.is_empty() => Self::Absent,
            Some((id, secret)) => Self::Credentials { id, secret },
            None => Self::Malformed,
        }
    }
}

/// Unlike those of a user (RFC 7617), the parts are encoded as in a form, so that a colon in the ID is
/// no end of it.
fn parse(credentials: &[u8]) -> Option<(String, Zeroizing<String>)> {
    let decoded = Zeroizing::new(BASE64.decode(credentials).ok()?);
    let colon = decoded.iter().position(|byte| *byte == b':')?;
    let (id, secret) = (decode(&decoded[..colon])?, decode(&decoded[colon + 1..])?);
    Some((id, Zeroizing::new(secret)))
}

fn decode(part: &[u8]) -> Option<String> {
    let mut spaced = Zeroizing::new(part.to_vec());
    spaced.iter_mut().filter(|byte| **byte == b'+').for_each(|byte| *byte = b' ');
    Some(percent_encoding::percent_decode(&spaced).decode_utf8().ok()?.into_owned())
}
