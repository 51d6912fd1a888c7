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

/// Takes a token apart: three parts, none of them empty. What they are made of is seen when they are
/// decoded, or [asked for](Parts::are_base64url).
pub(crate) fn split(token: &str) -> Result<Parts<'_>, AuthErrorKind> {
    let malformed = AuthErrorKind::MalformedToken;
    let (signed, signature) = token.rsplit_once('.').ok_or(malformed)?;
    let (header, payload) = signed.split_once('.').ok_or(malformed)?;
    if header.is_empty() || payload.is_empty() || signature.is_empty() {
        return Err(malformed);
    }
    Ok(Parts { header, payload, signature, signed })
}

impl Parts<'_> {
    /// Whether all of them are made of the characters of base64url: not so JSON serialization, encrypted
    /// tokens with their five parts, a payload that was left as it is.
    pub(crate) fn are_base64url(&self) -> bool {
        let of_base64url =
            |byte: u8| byte.is_ascii_alphanumeric() | (byte == b'-') | (byte == b'_');
        [self.header, self.payload, self.signature]
            .into_iter()
            .all(|part| every_byte(part.as_bytes(), of_base64url))
    }
}

/// RFC 6750, section 2.1: `1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`.
pub(crate) fn is_b64token(token: &[u8]) -> bool {
    let padding = token.iter().rev().take_while(|byte| **byte == b'=').count();
    let text = &token[..token.len() - padding];
    let of_b64token = |byte: u8| {
        b"-._~+/".iter().fold(byte.is_ascii_alphanumeric(), |any, mark| any | (byte == *mark))
    };
    !text.is_empty() && every_byte(text, of_b64token)
}

/// Whether every byte is of a kind. It looks behind a wrong one too, since a loop without another
/// way out is compiled to vector instructions, where `is` has no branches (`|`, not `||`) either.
pub(crate) fn every_byte(text: &[u8], is: impl Fn(u8) -> bool) -> bool {
    text.iter().fold(true, |all, byte| all & is(*byte))
}

/// Decodes one part. Padding, line breaks and bits that no byte needs are refused, so that a
/// token has one form only (RFC 7515, section 2).
pub(crate) fn decode(part: &str) -> Result<Vec<u8>, AuthErrorKind> {
    #[cfg(feature = "base64-simd")]
    let decoded = base64_simd::URL_SAFE_NO_PAD.decode_to_vec(part);
    #[cfg(not(feature = "base64-simd"))]
    let decoded = URL_SAFE_NO_PAD.decode(part);
    decoded.map_err(|_| AuthErrorKind::MalformedToken)
}

/// How many bytes most signatures have at most: those of HMAC and of the curves.
pub(crate) const SHORT: usize = 96;

/// Decodes one part as [`decode`] does, into what is there already if it is short.
pub(crate) fn decode_into<'a>(
    part: &str,
    short: &'a mut [u8; SHORT],
    long: &'a mut Vec<u8>,
) -> Result<&'a [u8], AuthErrorKind> {
    if part.len() > SHORT / 3 * 4 {
        *long = decode(part)?;
        return Ok(long);
    }
    #[cfg(feature = "base64-simd")]
    let decoded = {
        let out = base64_simd::AsOut::as_out(&mut short[..]);
        base64_simd::URL_SAFE_NO_PAD.decode(part.as_bytes(), out).map(|bytes| &*bytes)
    };
    #[cfg(not(feature = "base64-simd"))]
    let decoded = URL_SAFE_NO_PAD.decode_slice(part, short).map(|length| &short[..length]);
    decoded.map_err(|_| AuthErrorKind::MalformedToken)
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
