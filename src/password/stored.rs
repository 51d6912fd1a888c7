//! Reading and writing the PHC string of argon2.

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, KeyId, Params, Version};

use super::known::UnusableHash;
use super::parameters::Parameters;
use super::pepper::Peppers;

pub(super) const SALT_BYTES: usize = 16;
const OUTPUT_BYTES: usize = 32;

/// A hash ready to be computed again.
pub(super) struct Stored {
    pub(super) algorithm: Algorithm,
    pub(super) version: Version,
    pub(super) params: Params,
    pub(super) salt: Salt,
    pub(super) output: Output,
}

impl Stored {
    /// A hash that is yet to be computed: its output is all zeros.
    pub(super) fn new(
        parameters: Parameters,
        pepper: KeyId,
        salt: &[u8; SALT_BYTES],
    ) -> Option<Self> {
        Some(Self {
            algorithm: Algorithm::Argon2id,
            version: Version::V0x13,
            params: parameters.params(pepper, OUTPUT_BYTES)?,
            salt: Salt::new(salt).ok()?,
            output: Output::new(&[0; OUTPUT_BYTES]).ok()?,
        })
    }

    /// What the password of a user who does not exist is compared with.
    pub(super) fn dummy(parameters: Parameters, pepper: KeyId) -> Option<Self> {
        Self::new(parameters, pepper, &[0; SALT_BYTES])
    }

    /// Reads a PHC string of one of the three variants.
    pub(super) fn read(
        text: &str,
        current: Parameters,
        peppers: &Peppers,
    ) -> Result<Self, UnusableHash> {
        let stored = Self::parse(text).ok_or(UnusableHash::UnknownForm)?;
        if !stored.parameters().acceptable_to(current) {
            return Err(UnusableHash::TooDear);
        }
        if peppers.secret(stored.params.keyid()).is_none() {
            return Err(UnusableHash::UnknownPepper);
        }
        Ok(stored)
    }

    fn parse(text: &str) -> Option<Self> {
        let hash = PasswordHash::new(text).ok()?;
        let output = hash.hash?;
        // The reference implementation wrote no version before there were two.
        let version = hash.version.unwrap_or(Version::V0x10.into());
        Some(Self {
            algorithm: hash.algorithm.as_str().parse().ok()?,
            version: Version::try_from(version).ok()?,
            params: parameters(&hash.params)?.params(key_id(&hash.params)?, output.len())?,
            salt: hash.salt?,
            output,
        })
    }

    pub(super) fn is_outdated(&self, current: Parameters, peppers: &Peppers) -> bool {
        self.algorithm != Algorithm::Argon2id
            || self.version != Version::V0x13
            || self.salt.len() < SALT_BYTES
            || self.output.len() < OUTPUT_BYTES
            || self.params.keyid() != peppers.current_id().as_bytes()
            || self.parameters().outdated_by(current)
    }

    /// The PHC string with this output.
    pub(super) fn text(&self, output: Output) -> Option<String> {
        let hash = PasswordHash {
            algorithm: self.algorithm.ident(),
            version: Some(self.version.into()),
            params: ParamsString::try_from(&self.params).ok()?,
            salt: Some(self.salt),
            hash: Some(output),
        };
        Some(hash.to_string())
    }

    fn parameters(&self) -> Parameters {
        Parameters {
            memory_kib: self.params.m_cost(),
            iterations: self.params.t_cost(),
            parallelism: self.params.p_cost(),
        }
    }
}

/// `m`, `t` and `p`, each once, and `keyid` where there is a pepper: `data` is in no hash that is
/// made today, and a missing one must not be read as a default.
fn parameters(text: &ParamsString) -> Option<Parameters> {
    if text.iter().count() != 3 + usize::from(text.get("keyid").is_some()) {
        return None;
    }
    Some(Parameters {
        memory_kib: text.get_decimal("m")?,
        iterations: text.get_decimal("t")?,
        parallelism: text.get_decimal("p")?,
    })
}

/// The ID of the pepper; empty where there is none.
fn key_id(text: &ParamsString) -> Option<KeyId> {
    match text.get_str("keyid") {
        Some(id) => id.parse().ok().filter(|id: &KeyId| !id.is_empty()),
        None => Some(KeyId::EMPTY),
    }
}
