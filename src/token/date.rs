//! Dates of claims.

use std::fmt;
use std::time::Duration;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// Seconds since the Unix epoch, fractions allowed (RFC 7519, section 2).
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(crate) struct NumericDate(f64);

impl NumericDate {
    /// Up to here every whole second has a float of its own; no clock reads more.
    const LIMIT: f64 = 9_007_199_254_740_992.0;

    pub(crate) fn seconds(self) -> f64 {
        self.0
    }

    /// A time since the Unix epoch.
    pub(super) fn whole_seconds(time: Duration) -> Self {
        Self((time.as_secs() as f64).min(Self::LIMIT))
    }

    fn new<E: Error>(seconds: f64) -> Result<Self, E> {
        if seconds.abs() <= Self::LIMIT {
            Ok(Self(seconds))
        } else {
            Err(E::custom("a date out of range"))
        }
    }
}

impl<'de> Deserialize<'de> for NumericDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct DateVisitor;

        impl Visitor<'_> for DateVisitor {
            type Value = NumericDate;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of seconds")
            }

            fn visit_u64<E: Error>(self, seconds: u64) -> Result<NumericDate, E> {
                NumericDate::new(seconds as f64)
            }

            fn visit_i64<E: Error>(self, seconds: i64) -> Result<NumericDate, E> {
                NumericDate::new(seconds as f64)
            }

            fn visit_f64<E: Error>(self, seconds: f64) -> Result<NumericDate, E> {
                NumericDate::new(seconds)
            }
        }

        // Not `any`: a feature of serde_json that another crate may turn on gives numbers to that as
        // maps.
        deserializer.deserialize_f64(DateVisitor)
    }
}
