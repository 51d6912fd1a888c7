//! The one place that reads the time.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Where verifiers, issuers and stores get the time from: the system, or a test.
///
/// # Examples
///
/// Time travel in a test, without sleeping:
///
/// ```
/// use std::time::Duration;
/// use tower_bearer::Clock;
///
/// let clock = Clock::manual(Duration::from_secs(1_700_000_000));
/// let shared = clock.clone();
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(shared.now(), Duration::from_secs(1_700_000_060));
/// ```
#[derive(Clone, Default)]
pub struct Clock(Source);

#[derive(Clone, Default)]
enum Source {
    #[default]
    System,
    /// Nanoseconds since the Unix epoch; enough until the year 2554.
    Manual(Arc<AtomicU64>),
    /// What the clock of tokio, which tests pause, has moved since, on top of a time.
    #[cfg(all(test, feature = "jwks"))]
    Tokio(tokio::time::Instant, Duration),
}

impl Clock {
    /// The clock of the operating system: the default everywhere.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::Clock;
    ///
    /// // After the year 2020.
    /// assert!(Clock::system().now() > Duration::from_secs(1_577_836_800));
    /// ```
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still at `now`, a time since the Unix epoch, until
    /// [`advance`](Clock::advance) or [`set`](Clock::set) moves it. Its clones move with it.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::{Clock, Grant, Issuer};
    ///
    /// let clock = Clock::manual(Duration::from_secs(1_700_000_000));
    /// let issuer = Issuer::for_tests().clock(clock.clone());
    /// assert!(issuer.issue(&Grant::new("alice")).is_ok());
    /// assert_eq!(clock.now(), Duration::from_secs(1_700_000_000)); // it stands still
    /// ```
    pub fn manual(now: Duration) -> Self {
        Self(Source::Manual(Arc::new(AtomicU64::new(nanoseconds(now)))))
    }

    /// A clock that moves with the one of the runtime, so that a test with paused time has both.
    #[cfg(all(test, feature = "jwks"))]
    pub(crate) fn of_runtime(now: Duration) -> Self {
        Self(Source::Tokio(tokio::time::Instant::now(), now))
    }

    /// The time since the Unix epoch. A system clock before 1970 reads as zero.
    pub fn now(&self) -> Duration {
        match &self.0 {
            Source::System => SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
            Source::Manual(now) => Duration::from_nanos(now.load(Ordering::Relaxed)),
            #[cfg(all(test, feature = "jwks"))]
            Source::Tokio(begin, now) => *now + begin.elapsed(),
        }
    }

    /// Moves a manual clock and its clones forward. A system clock stays as it is.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::{AuthErrorKind, Clock, Grant, Issuer};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let clock = Clock::manual(Duration::from_secs(1_700_000_000));
    /// let issuer = Issuer::for_tests().clock(clock.clone());
    /// let token = issuer.issue(&Grant::new("alice"))?;
    ///
    /// clock.advance(issuer.lifetime() + Duration::from_secs(60)); // beyond any leeway
    /// let refusal = issuer.verifier()?.verify(&token).await.unwrap_err();
    /// assert_eq!(refusal.kind(), AuthErrorKind::Expired);
    /// # Ok(())
    /// # }
    /// ```
    pub fn advance(&self, by: Duration) {
        if let Source::Manual(now) = &self.0 {
            now.fetch_add(nanoseconds(by), Ordering::Relaxed);
        }
    }

    /// Sets a manual clock and its clones to a time since the Unix epoch. A system clock stays as
    /// it is.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::Clock;
    ///
    /// let clock = Clock::manual(Duration::from_secs(2_000));
    /// clock.set(Duration::from_secs(1_000)); // as a clock does that is put right
    /// assert_eq!(clock.now(), Duration::from_secs(1_000));
    /// ```
    pub fn set(&self, to: Duration) {
        if let Source::Manual(now) = &self.0 {
            now.store(nanoseconds(to), Ordering::Relaxed);
        }
    }
}

/// How long something takes, whatever a [`Clock`] says meanwhile: by a clock that nobody sets.
#[cfg(feature = "metrics")]
#[derive(Clone, Copy)]
pub(crate) struct Stopwatch(std::time::Instant);

#[cfg(feature = "metrics")]
impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self(std::time::Instant::now())
    }

    pub(crate) fn seconds(self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}

/// While what was found out is good. It begins somewhere, too: when the clock is set back, what was found
/// out in the future must not be good until then.
#[cfg(any(feature = "cache", feature = "introspection", feature = "jwks"))]
#[derive(Clone, Copy)]
pub(crate) struct Span {
    pub(crate) from: Duration,
    pub(crate) until: Duration,
}

#[cfg(any(feature = "cache", feature = "introspection", feature = "jwks"))]
impl Span {
    pub(crate) fn has(self, now: Duration) -> bool {
        self.from <= now && now < self.until
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Source::System => f.write_str("Clock(system)"),
            Source::Manual(_) => write!(f, "Clock(manual, {:?})", self.now()),
            #[cfg(all(test, feature = "jwks"))]
            Source::Tokio(..) => f.write_str("Clock(runtime)"),
        }
    }
}
