//! The computations, as the threads of the pool do them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use argon2::Argon2;
use argon2::password_hash::phc::Output;
use zeroize::Zeroizing;

use super::Verification;
use super::input::Input;
use super::known::Known;
use super::parameters::Parameters;
use super::pepper::Peppers;
use super::pool::{Memory, Pool};
use super::stored::Stored;

/// What the clones of a hasher share.
pub(super) struct Inner {
    pub(super) parameters: Parameters,
    pub(super) peppers: Peppers,
    pub(super) nfc: bool,
    pub(super) max_password_bytes: usize,
    pub(super) computations: AtomicU64,
    pub(super) pool: Arc<Pool>,
}

impl Inner {
    /// Compares a password with a stored hash, or with none; nothing when the system has no memory
    /// for it.
    pub(super) fn verify(
        &self,
        password: &Input,
        known: Option<&Known>,
        memory: &mut Memory,
    ) -> Option<Verification> {
        let dummy;
        let compared = match known {
            Some(known) => known,
            None => {
                let pepper = self.peppers.current_id();
                dummy = Known::Argon2(Stored::dummy(self.parameters, pepper)?);
                &dummy
            }
        };
        let mut matches = self.matches(&password.text, compared, memory)?;
        let mut outdated = compared.is_outdated(self.parameters, &self.peppers);
        // What matches is known by its answer anyway, so that only the others have to cost alike.
        if let (false, Some(other)) = (matches, &password.other) {
            matches = self.matches(other, compared, memory)?;
            outdated = true;
        }
        matches &= known.is_some();
        Some(Verification { matches, outdated: outdated && matches })
    }

    /// One computation, of whatever kind; nothing when the system has no memory for it.
    fn matches(&self, password: &str, known: &Known, memory: &mut Memory) -> Option<bool> {
        match known {
            // `Output` compares in constant time.
            Known::Argon2(stored) => Some(self.compute(password, stored, memory)? == stored.output),
            Known::Legacy(hash) => {
                self.computations.fetch_add(1, Ordering::Relaxed);
                hash.matches(password)
            }
        }
    }

    /// One argon2 computation; nothing when the system has no memory for it.
    pub(super) fn compute(
        &self,
        password: &str,
        stored: &Stored,
        memory: &mut Memory,
    ) -> Option<Output> {
        let blocks = memory.blocks(stored.params.block_count())?;
        self.computations.fetch_add(1, Ordering::Relaxed);
        // The secret of no pepper is empty, which is as good as none (RFC 9106, section 3.1).
        let pepper = self.peppers.secret(stored.params.keyid())?;
        let params = stored.params.clone();
        let argon2 =
            Argon2::new_with_secret(pepper, stored.algorithm, stored.version, params).ok()?;
        let mut bytes = Zeroizing::new([0; Output::MAX_LENGTH]);
        let bytes = &mut bytes[..stored.output.len()];
        argon2
            .hash_password_into_with_memory(password.as_bytes(), &stored.salt, bytes, blocks)
            .ok()?;
        Output::new(bytes).ok()
    }
}
