//! What a computation costs, and the rules about that.

use std::str::FromStr;

use argon2::{KeyId, Params, ParamsBuilder};

use crate::ConfigError;

/// The parameters that OWASP recommends for argon2id (Password Storage Cheat Sheet): less memory
/// for more iterations, all of about equal strength, each with one lane.
///
/// # Examples
///
/// ```
/// use tower_bearer::{Hasher, OwaspParameters};
///
/// let hasher = Hasher::builder().owasp(OwaspParameters::Memory46MiB).build()?;
/// # Ok::<(), tower_bearer::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OwaspParameters {
    /// 47104 KiB, 1 iteration.
    Memory46MiB,
    /// 19456 KiB, 2 iterations: the default.
    #[default]
    Memory19MiB,
    /// 12288 KiB, 3 iterations.
    Memory12MiB,
    /// 9216 KiB, 4 iterations.
    Memory9MiB,
    /// 7168 KiB, 5 iterations.
    Memory7MiB,
}

impl OwaspParameters {
    const ALL: [Self; 5] = [
        Self::Memory46MiB,
        Self::Memory19MiB,
        Self::Memory12MiB,
        Self::Memory9MiB,
        Self::Memory7MiB,
    ];

    pub(super) const fn parameters(self) -> Parameters {
        let (memory_kib, iterations) = match self {
            Self::Memory46MiB => (47_104, 1),
            Self::Memory19MiB => (19_456, 2),
            Self::Memory12MiB => (12_288, 3),
            Self::Memory9MiB => (9_216, 4),
            Self::Memory7MiB => (7_168, 5),
        };
        Parameters { memory_kib, iterations, parallelism: 1 }
    }
}

/// The memory, for a setting: `46MiB`, `19MiB`, `12MiB`, `9MiB` or `7MiB`.
///
/// # Examples
///
/// ```
/// use tower_bearer::OwaspParameters;
///
/// assert_eq!("46MiB".parse(), Ok(OwaspParameters::Memory46MiB));
/// assert!("64MiB".parse::<OwaspParameters>().is_err());
/// ```
impl FromStr for OwaspParameters {
    type Err = ConfigError;

    fn from_str(name: &str) -> Result<Self, ConfigError> {
        match name {
            "46MiB" => Ok(Self::Memory46MiB),
            "19MiB" => Ok(Self::Memory19MiB),
            "12MiB" => Ok(Self::Memory12MiB),
            "9MiB" => Ok(Self::Memory9MiB),
            "7MiB" => Ok(Self::Memory7MiB),
            _ => Err(ConfigError::InvalidValue {
                setting: "memory of the password hash",
                rule: "use `46MiB`, `19MiB`, `12MiB`, `9MiB` or `7MiB`",
            }),
        }
    }
}

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
    pub(super) const DEFAULT: Self = OwaspParameters::Memory19MiB.parameters();

    pub(super) fn meets_owasp(self) -> bool {
        OwaspParameters::ALL
            .into_iter()
            .map(OwaspParameters::parameters)
            .any(|least| self.memory_kib >= least.memory_kib && self.iterations >= least.iterations)
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

    pub(super) fn params(self, pepper: KeyId, output_bytes: usize) -> Option<Params> {
        let mut params = ParamsBuilder::new();
        params.m_cost(self.memory_kib).t_cost(self.iterations).p_cost(self.parallelism);
        if !pepper.is_empty() {
            params.keyid(pepper);
        }
        params.output_len(output_bytes).build().ok()
    }

    /// The blocks of 1 KiB that a computation needs, rounded up.
    pub(super) fn block_count(self) -> usize {
        usize::try_from(self.memory_kib).unwrap_or(usize::MAX)
    }

    fn cost(self) -> u64 {
        u64::from(self.memory_kib) * u64::from(self.iterations)
    }
}
