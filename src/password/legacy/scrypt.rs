//! scrypt (RFC 7914) as PHC string: `$scrypt$ln=..,r=..,p=..$salt$hash`.

use argon2::password_hash::phc::{Output, PasswordHash, Salt};
use scrypt::Params;
use zeroize::Zeroizing;

use super::UnusableHash;

/// N times r times 128 bytes. OWASP recommends ln=17, r=8, which is this much.
const MAX_MEMORY: u64 = 128 * 1024 * 1024;
/// Memory times p, which says how often it is passed over.
const MAX_COST: u64 = 512 * 1024 * 1024;
const MAX_LOG_N: u32 = 20;
const MAX_PARALLELISM: u32 = 16;

pub(in crate::password) struct Scrypt {
    params: Params,
    memory: usize,
    salt: Salt,
    output: Output,
}

impl Scrypt {
    pub(super) fn read(text: &str) -> Result<Self, UnusableHash> {
        let hash = PasswordHash::new(text).map_err(|_| UnusableHash::UnknownForm)?;
        let (Some(salt), Some(output), None) = (hash.salt, hash.hash, hash.version) else {
            return Err(UnusableHash::UnknownForm);
        };
        let parameter = |name| hash.params.get_decimal(name).filter(|value| *value > 0);
        let (Some(log_n), Some(r), Some(p), 3) =
            (parameter("ln"), parameter("r"), parameter("p"), hash.params.iter().count())
        else {
            return Err(UnusableHash::UnknownForm);
        };
        if log_n > MAX_LOG_N || p > MAX_PARALLELISM {
            return Err(UnusableHash::TooDear);
        }
        // At most 2^20 times 2^32 times 2^7, then 2^4 more.
        let memory = (1_u64 << log_n) * u64::from(r) * 128;
        if memory > MAX_MEMORY || memory * u64::from(p) > MAX_COST {
            return Err(UnusableHash::TooDear);
        }
        let log_n = u8::try_from(log_n).map_err(|_| UnusableHash::TooDear)?;
        let params = Params::new(log_n, r, p).map_err(|_| UnusableHash::UnknownForm)?;
        let memory = usize::try_from(memory).map_err(|_| UnusableHash::TooDear)?;
        Ok(Self { params, memory, salt, output })
    }

    pub(super) fn matches(&self, password: &str) -> Option<bool> {
        // The library allocates it in a way that ends the process where there is none.
        Vec::<u8>::new().try_reserve_exact(self.memory).ok()?;
        let mut bytes = Zeroizing::new([0; Output::MAX_LENGTH]);
        let bytes = &mut bytes[..self.output.len()];
        scrypt::scrypt(password.as_bytes(), &self.salt, &self.params, bytes).ok()?;
        // `Output` compares in constant time.
        Some(Output::new(bytes).ok()? == self.output)
    }
}
