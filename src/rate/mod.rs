//! How many in how much time.

mod gcra;

#[cfg(test)]
mod tests;

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

#[cfg(feature = "login")]
pub(crate) use gcra::Counted;
pub(crate) use gcra::nanoseconds;

use crate::ConfigError;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// So many in so much time, such as `5/minute`: failed attempts, or uses of a key.
///
/// All of them may come at once. They come back one by one, evenly: of `5/minute` one every 12
/// seconds (GCRA).
///
/// As text: a number, `/`, and `second`, `minute`, `hour` or `day`, or a number of seconds (`3s`),
/// minutes (`10m`) or hours (`2h`).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tower_bearer::{ConfigError, Rate};
///
/// # fn main() -> Result<(), ConfigError> {
/// let rate: Rate = "5/minute".parse()?;
/// assert_eq!(rate, Rate::new(5, Duration::from_secs(60))?);
/// assert_eq!(Rate::or_off("8/3s")?, Some(Rate::new(8, Duration::from_secs(3))?));
/// assert_eq!(Rate::or_off("off")?, None);
/// assert!("0/minute".parse::<Rate>().is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rate {
    count: NonZeroU32,
    period: Duration,
}

impl Rate {
    /// `count` in `period`.
    ///
    /// # Errors
    ///
    /// When the count is not from 1 to 1,000,000, or the period not whole seconds from one to a day.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::Rate;
    ///
    /// let rate = Rate::new(10, Duration::from_secs(3600))?;
    /// assert_eq!(rate.to_string(), "10/hour");
    /// assert!(Rate::new(0, Duration::from_secs(60)).is_err());
    /// assert!(Rate::new(10, Duration::from_millis(500)).is_err()); // less than a second
    /// # Ok::<(), tower_bearer::ConfigError>(())
    /// ```
    pub fn new(count: u32, period: Duration) -> Result<Self, ConfigError> {
        match NonZeroU32::new(count) {
            Some(count) if count.get() <= 1_000_000 => {
                let is_whole = period.subsec_nanos() == 0;
                if !is_whole || !(Duration::from_secs(1)..=DAY).contains(&period) {
                    return Err(invalid("its period must be whole seconds, from one to a day"));
                }
                Ok(Self { count, period })
            }
            _ => Err(invalid("its number must be from 1 to 1000000; write `off` for no limit")),
        }
    }

    /// As [`FromStr`], with `off` for no limit: what an environment variable may say.
    ///
    /// # Errors
    ///
    /// When the text is neither.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{LoginThrottle, Rate};
    ///
    /// // What an operator wrote.
    /// assert_eq!(Rate::or_off("OFF")?, None);
    /// assert_eq!(Rate::or_off("20/90s")?.map(|rate| rate.to_string()).as_deref(), Some("20/90s"));
    /// assert!(Rate::or_off("none").is_err());
    /// let throttle = LoginThrottle::new().per_address(Rate::or_off("off")?);
    /// # let _ = throttle;
    /// # Ok::<(), tower_bearer::ConfigError>(())
    /// ```
    pub fn or_off(text: &str) -> Result<Option<Self>, ConfigError> {
        if text.trim().eq_ignore_ascii_case("off") { Ok(None) } else { text.parse().map(Some) }
    }

    /// For the defaults.
    #[cfg(feature = "login")]
    pub(crate) const fn per_minute(count: NonZeroU32) -> Self {
        Self { count, period: Duration::from_secs(60) }
    }

    #[cfg(feature = "login")]
    pub(crate) const fn per_hour(count: NonZeroU32) -> Self {
        Self { count, period: Duration::from_secs(3600) }
    }

    #[cfg(feature = "login")]
    pub(crate) const fn period(self) -> Duration {
        self.period
    }

    /// How long it takes for one to come back.
    pub(crate) fn interval(self) -> Duration {
        self.period / self.count.get()
    }

    /// How long it takes for all to come back.
    pub(crate) fn recovery(self) -> Duration {
        self.interval() * self.count.get()
    }

    #[cfg(all(test, feature = "login"))]
    pub(crate) fn burst(self) -> u32 {
        self.count.get()
    }
}

impl FromStr for Rate {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        const FORM: &str = "it must be like 5/minute, 20/hour or 8/3s, or `off`";
        let (count, period) = text.trim().split_once('/').ok_or_else(|| invalid(FORM))?;
        let seconds = match period.trim() {
            "second" => 1,
            "minute" => 60,
            "hour" => 3600,
            "day" => 24 * 3600,
            other => {
                let unit = match other.chars().next_back() {
                    Some('s') => 1,
                    Some('m') => 60,
                    Some('h') => 3600,
                    _ => return Err(invalid(FORM)),
                };
                number(&other[..other.len() - 1])
                    .and_then(|number| number.checked_mul(unit))
                    .ok_or_else(|| invalid(FORM))?
            }
        };
        let count = number(count.trim()).ok_or_else(|| invalid(FORM))?;
        Self::new(count, Duration::from_secs(seconds.into()))
    }
}

/// Digits alone: the standard library takes a sign, too.
fn number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

fn invalid(rule: &'static str) -> ConfigError {
    ConfigError::InvalidValue { setting: "rate", rule }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/", self.count)?;
        match self.period.as_secs() {
            1 => f.write_str("second"),
            60 => f.write_str("minute"),
            3600 => f.write_str("hour"),
            86_400 => f.write_str("day"),
            seconds => write!(f, "{seconds}s"),
        }
    }
}
