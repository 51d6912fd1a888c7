//! The compact form of a JWS, taken apart (RFC 7515, section 3.1 and 5.2).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::AuthErrorKind;

/// The parts of a token, still encoded.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Parts<'a> {
    pub(crate) header: &'a str,
    pub(crate) payload: &'a str,
    pub(crate) signature: &'a str,
    /// Header and payload with the dot between them: what is signed.
    pub(crate) signed: &'a str,
}

/// Takes a token apart: three parts of base64url, none of them empty.
///
/// Everything else is refused before anything is decoded: JSON serialization, encrypted tokens
/// with their five parts, a signature that was left out.
pub(crate) fn split(token: &str) -> Result<Parts<'_>, AuthErrorKind> {
    let mut dots = [0; 2];
    let mut found = 0;
    for (index, byte) in token.bytes().enumerate() {
        match byte {
            b'.' if found < 2 => {
                dots[found] = index;
                found += 1;
            }
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => {}
            _ => return Err(AuthErrorKind::MalformedToken),
        }
    }
    let [first, second] = dots;
    let parts = Parts {
        header: &token[..first],
        payload: token.get(first + 1..second).unwrap_or_default(),
        signature: token.get(second + 1..).unwrap_or_default(),
        signed: &token[..second],
    };
    let complete = found == 2
        && ![parts.header, parts.payload, parts.signature].iter().any(|part| part.is_empty());
    if complete { Ok(parts) } else { Err(AuthErrorKind::MalformedToken) }
}

/// Decodes one part. Padding, line breaks and bits that no byte needs are refused, so that a
/// token has one form only (RFC 7515, section 2).
pub(crate) fn decode(part: &str) -> Result<Vec<u8>, AuthErrorKind> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| AuthErrorKind::MalformedToken)
}

/// Decodes one part that holds JSON, which is UTF-8 without a byte order mark (RFC 8259,
/// section 8.1; the mark is refused by the JSON parser).
pub(crate) fn decode_text(part: &str) -> Result<String, AuthErrorKind> {
    String::from_utf8(decode(part)?).map_err(|_| AuthErrorKind::MalformedToken)
}

/// Encodes one part.
pub(crate) fn encode(part: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(part)
}
