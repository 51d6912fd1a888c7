//! Random bytes from the operating system.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::ConfigError;

pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], ConfigError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| ConfigError::NoRandomness)?;
    Ok(bytes)
}

/// 128 random bits as 22 characters of base64url: a `jti`, a user's or a session's ID.
pub(crate) fn id() -> Result<String, ConfigError> {
    Ok(URL_SAFE_NO_PAD.encode(bytes::<16>()?))
}
