//! How many attempts in how much time.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use governor::Quota;

use crate::ConfigError;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// So many attempts in so much time, such as `5/minute`.
///
/// All of them may come at once. They come back one by one, evenly: of `5/minute` one every 12
/// seconds.
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
    /// `count` attempts in `period`.
    ///
    /// # Errors
    ///
    /// When the count is not from 1 to 1,000,000, or the period not from a second to a day.
    pub fn new(count: u32, period: Duration) -> Result<Self, ConfigError> {
        match NonZeroU32::new(count) {
            Some(count) if count.get() <= 1_000_000 => {
                if !(Duration::from_secs(1)..=DAY).contains(&period) {
                    return Err(invalid("its period must be from a second to a day"));
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
    pub fn or_off(text: &str) -> Result<Option<Self>, ConfigError> {
        if text.trim().eq_ignore_ascii_case("off") { Ok(None) } else { text.parse().map(Some) }
    }

    /// For the defaults.
    pub(super) const fn per_minute(count: NonZeroU32) -> Self {
        Self { count, period: Duration::from_secs(60) }
    }

    pub(super) const fn period(self) -> Duration {
        self.period
    }

    pub(super) fn quota(self) -> Quota {
        let quota = Quota::with_period(self.period / self.count.get());
        // A millionth of a second is more than nothing.
        quota.expect("a rate has at least a microsecond for each attempt").allow_burst(self.count)
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
        write!(f, "{}/{}s", self.count, self.period.as_secs())
    }
}
