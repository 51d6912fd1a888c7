use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::thread;
use std::time::Duration;

use super::compute::Inner;
use super::parameters::{MAX_PARALLELISM, OwaspParameters, Parameters};
use super::pepper::Peppers;
use super::pool::{Pool, Settings};
use super::{Hasher, MAX_PASSWORD_BYTES};
use crate::{ConfigError, trace};

/// More is a slip of the unit: bytes given as KiB.
const MAX_MEMORY_KIB: u32 = 4 * 1024 * 1024;
const MAX_THREADS: usize = 256;
const MAX_QUEUE: usize = 65_536;
/// 64 characters of four bytes each: NIST SP 800-63B-4 wants passwords of 64 characters taken.
const LEAST_PASSWORD_LIMIT: usize = 256;
const MOST_PASSWORD_LIMIT: usize = 65_536;

/// Computations that wait for one thread. With the default parameters one takes 15 to 30 ms, so
/// the last in the queue waits for one to two seconds: enough for a burst of logins, and bearable
/// for the one who waits.
const QUEUE_PER_THREAD: usize = 64;
/// How long a password waits for a thread before it is refused. Whoever logs in has given up by then.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// Sets the parameters of argon2id, and the limits of a [`Hasher`].
///
/// Calling an option again replaces what it was set to.
///
/// # Examples
///
/// ```
/// use tower_bearer::{ConfigError, Hasher};
///
/// let hasher = Hasher::builder().memory_kib(47_104).iterations(1).build()?;
///
/// // Weaker than any recommendation of OWASP.
/// let error = Hasher::builder().memory_kib(16_384).iterations(2).build().unwrap_err();
/// assert!(matches!(error, ConfigError::WeakPasswordParameters { memory_kib: 16_384, .. }));
/// # Ok::<(), ConfigError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct HasherBuilder {
    parameters: Parameters,
    allow_weak: bool,
    pub(super) peppers: Peppers,
    nfc: bool,
    threads: Option<usize>,
    queue: Option<usize>,
    gives_way: bool,
    max_password_bytes: usize,
}

impl HasherBuilder {
    /// Takes one of the recommendations of OWASP as it stands. The default is
    /// [`OwaspParameters::Memory19MiB`].
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{ConfigError, Hasher, OwaspParameters};
    ///
    /// let hasher = Hasher::builder().owasp(OwaspParameters::Memory46MiB).build()?;
    /// assert!(format!("{hasher:?}").contains("memory_kib: 47104, iterations: 1"));
    /// # Ok::<(), ConfigError>(())
    /// ```
    pub fn owasp(mut self, parameters: OwaspParameters) -> Self {
        self.parameters = parameters.parameters();
        self
    }

    /// The memory of one computation, in KiB, up to 4 GiB. The default is 19456.
    ///
    /// Memory and iterations together have to reach one of the recommendations of OWASP: 47104
    /// KiB with 1 iteration, 19456 with 2, 12288 with 3, 9216 with 4, or 7168 with 5. All five
    /// are of about equal strength. Each thread of the pool keeps as much memory as the most
    /// demanding hasher of the process needs.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{ConfigError, Hasher};
    ///
    /// let hasher = Hasher::builder().memory_kib(64 * 1024).build()?; // 64 MiB, twice
    /// assert!(format!("{hasher:?}").contains("memory_kib: 65536, iterations: 2"));
    /// // Bytes, by mistake.
    /// assert!(Hasher::builder().memory_kib(64 * 1024 * 1024).build().is_err());
    /// # Ok::<(), ConfigError>(())
    /// ```
    pub fn memory_kib(mut self, memory_kib: u32) -> Self {
        self.parameters.memory_kib = memory_kib;
        self
    }

    /// How often a computation passes over its memory. The default is 2.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{ConfigError, Hasher};
    ///
    /// assert!(Hasher::builder().memory_kib(12_288).iterations(3).build().is_ok());
    /// let error = Hasher::builder().memory_kib(12_288).iterations(2).build().unwrap_err();
    /// assert!(matches!(error, ConfigError::WeakPasswordParameters { iterations: 2, .. }));
    /// ```
    pub fn iterations(mut self, iterations: u32) -> Self {
        self.parameters.iterations = iterations;
        self
    }

    /// The lanes of a computation, from 1 to 16. The default is 1.
    ///
    /// They are computed one after the other, on one thread: more of them make nothing faster.
    /// It is there to make hashes that other programs expect.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{ConfigError, Hasher};
    ///
    /// let hasher = Hasher::builder().parallelism(4).build()?; // as another program has it
    /// assert!(format!("{hasher:?}").contains("parallelism: 4"));
    /// assert!(Hasher::builder().parallelism(17).build().is_err());
    /// # Ok::<(), ConfigError>(())
    /// ```
    pub fn parallelism(mut self, parallelism: u32) -> Self {
        self.parameters.parallelism = parallelism;
        self
    }

    /// The threads that hash, from 1 to 256. The default is half of the cores, at least 1, which
    /// leaves the other half to requests.
    ///
    /// It only counts for the first hasher of the process: see [`Hasher`].
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{ConfigError, Hasher};
    ///
    /// // On the first hasher of the process.
    /// let hasher = Hasher::builder().threads(2).build()?;
    /// assert!(Hasher::builder().threads(0).build().is_err());
    /// # let _ = hasher;
    /// # Ok::<(), ConfigError>(())
    /// ```
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = Some(threads);
        self
    }

    /// How many passwords may wait for a thread, from 1 to 65536. The default is 64 for each
    /// thread: with the default parameters the last then waits for one to two seconds. Whatever the
    /// length, one that has waited for 10 seconds is refused when its turn comes.
    ///
    /// It only counts for the first hasher of the process: see [`Hasher`].
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{ConfigError, Hasher};
    ///
    /// // Short, so that who comes too late is told at once and not after a second.
    /// let hasher = Hasher::builder().threads(1).queue(16).build()?;
    /// assert!(Hasher::builder().queue(100_000).build().is_err());
    /// # let _ = hasher;
    /// # Ok::<(), ConfigError>(())
    /// ```
    pub fn queue(mut self, queue: usize) -> Self {
        self.queue = Some(queue);
        self
    }

    /// Lets the threads that hash have the same right to a core as those that serve requests. The
    /// default is that they give way, on Linux: see [`Hasher`]. For a service whose requests fill all
    /// cores for long, and where users have to be able to log in meanwhile.
    ///
    /// It only counts for the first hasher of the process: see [`Hasher`].
    pub fn equal_priority(mut self) -> Self {
        self.gives_way = false;
        self
    }

    /// The longest password, in bytes of UTF-8 as they were sent, from 256 to 65536. The default
    /// is 1024.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Hasher, PasswordError};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let hasher = Hasher::builder().max_password_bytes(256).build()?;
    /// let refused = hasher.hash(&"a".repeat(257)).await;
    /// assert_eq!(refused, Err(PasswordError::TooLong));
    /// assert_eq!(hasher.computations(), 0); // it cost nothing
    /// # Ok(())
    /// # }
    /// ```
    pub fn max_password_bytes(mut self, max_password_bytes: usize) -> Self {
        self.max_password_bytes = max_password_bytes;
        self
    }

    /// Whether new hashes are made of the password in Unicode's form NFC, which is the default
    /// (NIST SP 800-63B-4, section 3.1.1.2), or of its bytes as they were sent (OWASP ASVS 5.0,
    /// 6.2.8).
    ///
    /// A hash that was made the other way verifies either way, and is renewed: see [`Hasher`].
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::Hasher;
    ///
    /// let hasher = Hasher::builder().nfc(false).build()?;
    /// # Ok::<(), tower_bearer::ConfigError>(())
    /// ```
    pub fn nfc(mut self, nfc: bool) -> Self {
        self.nfc = nfc;
        self
    }

    /// Takes parameters that are too weak for the passwords of real users, to make tests fast.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::Hasher;
    ///
    /// let hasher = Hasher::builder().insecure_parameters(8, 1, 1).build()?;
    /// # Ok::<(), tower_bearer::ConfigError>(())
    /// ```
    pub fn insecure_parameters(
        mut self,
        memory_kib: u32,
        iterations: u32,
        parallelism: u32,
    ) -> Self {
        self.parameters = Parameters { memory_kib, iterations, parallelism };
        self.allow_weak = true;
        self
    }

    /// Checks the settings and, if it is the first hasher of the process, starts the threads.
    ///
    /// # Errors
    ///
    /// [`ConfigError::WeakPasswordParameters`] when memory and iterations reach none of the
    /// recommendations, [`ConfigError::InvalidValue`] when a setting is out of its range or a
    /// pepper too short, [`ConfigError::WeakSecret`] when everybody can guess a pepper,
    /// [`ConfigError::NoHashingThread`] when the system started no thread.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{ConfigError, Hasher};
    ///
    /// let hasher = Hasher::builder().memory_kib(32 * 1024).build()?;
    /// let other = hasher.clone(); // the same one, with the same count
    /// assert_eq!(other.computations(), hasher.computations());
    /// let short = Hasher::builder().pepper("2026", "too short").build();
    /// assert!(matches!(short, Err(ConfigError::InvalidValue { .. })));
    /// # Ok::<(), ConfigError>(())
    /// ```
    pub fn build(self) -> Result<Hasher, ConfigError> {
        self.check()?;
        let settings = self.pool_settings();
        let pool = Pool::shared(settings);
        if pool.started() == 0 {
            return Err(ConfigError::NoHashingThread);
        }
        let asked = self.threads.is_some() || self.queue.is_some() || !self.gives_way;
        if asked && pool.settings() != settings {
            trace::warn!(
                target: "tower_bearer::password",
                "the threads that hash passwords run already, with other settings; set threads, \
                 queue and priority on the first hasher that is built"
            );
        }
        Ok(self.on_pool(pool))
    }

    /// A hasher with threads of its own, which a test can fill without harm to the others.
    #[cfg(test)]
    pub(super) fn build_apart(self) -> Result<(Hasher, Arc<Pool>), ConfigError> {
        self.check()?;
        let pool = Arc::new(Pool::start(self.pool_settings()));
        Ok((self.on_pool(Arc::clone(&pool)), pool))
    }

    pub(super) fn on_pool(self, pool: Arc<Pool>) -> Hasher {
        pool.keep(self.parameters.block_count());
        Hasher(Arc::new(Inner {
            parameters: self.parameters,
            peppers: self.peppers,
            nfc: self.nfc,
            max_password_bytes: self.max_password_bytes,
            computations: AtomicU64::new(0),
            pool,
        }))
    }

    /// All that can be wrong but the threads, which nothing starts here.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        self.peppers.check()?;
        let Parameters { memory_kib, iterations, parallelism } = self.parameters;
        let invalid = |setting, rule| Err(ConfigError::InvalidValue { setting, rule });
        if !(1..=MAX_PARALLELISM).contains(&parallelism) {
            return invalid("parallelism of the password hash", "use 1 to 16 lanes");
        }
        if iterations == 0 {
            return invalid("number of iterations of the password hash", "use at least 1");
        }
        if memory_kib < 8 * parallelism || memory_kib > MAX_MEMORY_KIB {
            return invalid("memory of the password hash", "use 8 KiB for each lane to 4 GiB");
        }
        if !self.allow_weak && !self.parameters.meets_owasp() {
            return Err(ConfigError::WeakPasswordParameters { memory_kib, iterations });
        }
        if self.threads.is_some_and(|threads| !(1..=MAX_THREADS).contains(&threads)) {
            return invalid("number of hashing threads", "use 1 to 256");
        }
        if self.queue.is_some_and(|queue| !(1..=MAX_QUEUE).contains(&queue)) {
            return invalid("length of the hashing queue", "use 1 to 65536");
        }
        if !(LEAST_PASSWORD_LIMIT..=MOST_PASSWORD_LIMIT).contains(&self.max_password_bytes) {
            return invalid("longest password", "use 256 to 65536 bytes");
        }
        Ok(())
    }

    pub(super) fn pool_settings(&self) -> Settings {
        let threads = self.threads.unwrap_or_else(|| {
            thread::available_parallelism().map_or(1, |cores| (cores.get() / 2).max(1))
        });
        // A machine may have more cores than `threads(..)` takes.
        let threads = threads.min(MAX_THREADS);
        let queue = self.queue.unwrap_or(threads * QUEUE_PER_THREAD);
        Settings { threads, queue, gives_way: self.gives_way, longest_wait: LONGEST_WAIT }
    }
}

impl Default for HasherBuilder {
    fn default() -> Self {
        Self {
            parameters: Parameters::DEFAULT,
            allow_weak: false,
            peppers: Peppers::default(),
            nfc: true,
            threads: None,
            queue: None,
            gives_way: true,
            max_password_bytes: MAX_PASSWORD_BYTES,
        }
    }
}
