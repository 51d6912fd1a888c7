//! What a computation costs, and the rules about that.

use argon2::Params;

/// Memory and iterations that OWASP recommends for argon2id, all of about equal strength
/// (Password Storage Cheat Sheet).
const OWASP: [(u32, u32); 5] = [(47104, 1), (19456, 2), (12288, 3), (9216, 4), (7168, 5)];

/// What a stored hash may ask for. 128 MiB and 16 lanes cover the defaults of the common
/// frameworks (Django takes 100 MiB and 8 lanes, PHP 64 MiB and 4 iterations).
const MAX_STORED_MEMORY_KIB: u32 = 128 * 1024;
/// Memory times iterations: fourteen times the default parameters.
const MAX_STORED_COST_KIB: u64 = 512 * 1024;
/// Lanes are computed one after the other, so they cost next to nothing.
pub(super) const MAX_PARALLELISM: u32 = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parameters {
    pub(super) memory_kib: u32,
    pub(super) iterations: u32,
    pub(super) parallelism: u32,
}

impl Parameters {
    pub(super) const DEFAULT: Self = Self { memory_kib: 19456, iterations: 2, parallelism: 1 };

    pub(super) fn meets_owasp(self) -> bool {
        OWASP.iter().any(|&(memory_kib, iterations)| {
            self.memory_kib >= memory_kib && self.iterations >= iterations
        })
    }

    /// Whether a hash stored with these parameters is verified at all.
    pub(super) fn acceptable_to(self, current: Self) -> bool {
        self.memory_kib <= current.memory_kib.max(MAX_STORED_MEMORY_KIB)
            && self.cost() <= current.cost().max(MAX_STORED_COST_KIB)
            && self.parallelism <= MAX_PARALLELISM
    }

    /// Whether a hash stored with these parameters should give way to one with the current ones.
    pub(super) fn outdated_by(self, current: Self) -> bool {
        if self.memory_kib >= current.memory_kib && self.iterations >= current.iterations {
            return false;
        }
        // Many iterations over little memory are no match for special hardware, whatever the
        // product says.
        !self.meets_owasp() || self.cost() <= current.cost()
    }

    pub(super) fn params(self, output_bytes: usize) -> Option<Params> {
        Params::new(self.memory_kib, self.iterations, self.parallelism, Some(output_bytes)).ok()
    }

    /// The blocks of 1 KiB that a computation needs, rounded up.
    pub(super) fn block_count(self) -> usize {
        usize::try_from(self.memory_kib).unwrap_or(usize::MAX)
    }

    fn cost(self) -> u64 {
        u64::from(self.memory_kib) * u64::from(self.iterations)
    }
}
