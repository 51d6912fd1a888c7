//! PBKDF2 (RFC 8018) with HMAC-SHA-256 or HMAC-SHA-512: as PHC string, as passlib and as Django
//! write it.

use argon2::password_hash::phc::{Output, PasswordHash};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use sha2::{Sha256, Sha512};
use zeroize::Zeroizing;

use super::UnusableHash;

/// For each block of the output. Django takes 1200000, OWASP recommends 600000.
const MAX_ITERATIONS: u64 = 2_000_000;
const MAX_SALT: usize = 128;

pub(in crate::password) struct Pbkdf2 {
    prf: Prf,
    iterations: u32,
    salt: Vec<u8>,
    output: Output,
}

#[derive(Clone, Copy)]
enum Prf {
    Sha256,
    Sha512,
}

impl Pbkdf2 {
    pub(super) fn read(text: &str) -> Result<Self, UnusableHash> {
        let hash = from_django(text)
            .or_else(|| from_passlib(text))
            .or_else(|| from_phc(text))
            .ok_or(UnusableHash::UnknownForm)?;
        let block = match hash.prf {
            Prf::Sha256 => 32,
            Prf::Sha512 => 64,
        };
        let blocks = hash.output.len().div_ceil(block) as u64;
        if u64::from(hash.iterations) * blocks > MAX_ITERATIONS {
            return Err(UnusableHash::TooDear);
        }
        Ok(hash)
    }

    fn new(prf: Prf, iterations: u32, salt: &[u8], output: &[u8]) -> Option<Self> {
        if iterations == 0 || !(1..=MAX_SALT).contains(&salt.len()) {
            return None;
        }
        Some(Self { prf, iterations, salt: salt.to_vec(), output: Output::new(output).ok()? })
    }

    pub(super) fn matches(&self, password: &str) -> Option<bool> {
        let mut bytes = Zeroizing::new([0; Output::MAX_LENGTH]);
        let bytes = &mut bytes[..self.output.len()];
        let compute = match self.prf {
            Prf::Sha256 => pbkdf2::pbkdf2_hmac::<Sha256>,
            Prf::Sha512 => pbkdf2::pbkdf2_hmac::<Sha512>,
        };
        compute(password.as_bytes(), &self.salt, self.iterations, bytes);
        // `Output` compares in constant time.
        Some(Output::new(bytes).ok()? == self.output)
    }
}

/// `pbkdf2_sha256$1000000$salt$hash`, where the salt is what it looks like and the hash is base64.
fn from_django(text: &str) -> Option<Pbkdf2> {
    let [iterations, salt, output] = fields(text.strip_prefix("pbkdf2_sha256$")?)?;
    let output = STANDARD.decode(output).ok()?;
    Pbkdf2::new(Prf::Sha256, decimal(iterations)?, salt.as_bytes(), &output)
}

/// `$pbkdf2-sha256$29000$salt$hash`, in base64 without padding that has `.` for `+`.
fn from_passlib(text: &str) -> Option<Pbkdf2> {
    let (prf, rest) = text.strip_prefix("$pbkdf2-")?.split_once('$')?;
    let [iterations, salt, output] = fields(rest)?;
    let decode = |part: &str| STANDARD_NO_PAD.decode(part.replace('.', "+")).ok();
    Pbkdf2::new(self::prf(prf)?, decimal(iterations)?, &decode(salt)?, &decode(output)?)
}

/// `$pbkdf2-sha256$i=600000,l=32$salt$hash`; `l` may be left out.
fn from_phc(text: &str) -> Option<Pbkdf2> {
    let hash = PasswordHash::new(text).ok()?;
    let prf = prf(hash.algorithm.as_str().strip_prefix("pbkdf2-")?)?;
    let (salt, output) = (hash.salt?, hash.hash?);
    let length = hash.params.get_decimal("l");
    let known = 1 + usize::from(length.is_some());
    let told = length.is_none_or(|length| usize::try_from(length) == Ok(output.len()));
    if hash.version.is_some() || hash.params.iter().count() != known || !told {
        return None;
    }
    Pbkdf2::new(prf, hash.params.get_decimal("i")?, &salt, output.as_bytes())
}

fn prf(name: &str) -> Option<Prf> {
    match name {
        "sha256" => Some(Prf::Sha256),
        "sha512" => Some(Prf::Sha512),
        _ => None,
    }
}

/// Exactly three.
fn fields(text: &str) -> Option<[&str; 3]> {
    let mut fields = text.split('$');
    let three = [fields.next()?, fields.next()?, fields.next()?];
    fields.next().is_none().then_some(three)
}

/// As it is written: no sign, no leading zero.
fn decimal(text: &str) -> Option<u32> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|_| plain)
}
