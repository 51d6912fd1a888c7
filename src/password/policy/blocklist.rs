//! Passwords that somebody who guesses tries first.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind};
use std::path::Path;
use std::sync::Arc;

use unicode_normalization::UnicodeNormalization;

use super::super::MAX_PASSWORD_BYTES;
use super::lower_case;
use crate::ConfigError;

/// What a service blocks beside the common passwords: in NFC and lower case.
#[derive(Clone)]
pub(super) struct Blocklist(Option<Arc<BTreeSet<String>>>);

impl Blocklist {
    pub(super) const fn new() -> Self {
        Self(None)
    }

    pub(super) fn extend<T: AsRef<str>>(&mut self, passwords: impl IntoIterator<Item = T>) {
        let list = Arc::make_mut(self.0.get_or_insert_default());
        list.extend(
            passwords.into_iter().map(|password| lower_case(password.as_ref()).to_string()),
        );
    }

    /// Lines of a file, but those that are too short or too long for a password.
    pub(super) fn extend_from_file(
        &mut self,
        path: &Path,
        min_length: usize,
    ) -> Result<(), ConfigError> {
        let invalid = |rule| ConfigError::InvalidValue { setting: "blocklist", rule };
        let unreadable = "the file can't be read; check its path and its permissions";
        let mut lines = BufReader::new(File::open(path).map_err(|_| invalid(unreadable))?).lines();
        let mut wrong = None;
        let passwords = std::iter::from_fn(|| match lines.next()? {
            Ok(line) => Some(line),
            Err(error) => {
                wrong = Some(match error.kind() {
                    ErrorKind::InvalidData => "the file is not UTF-8; convert it",
                    _ => unreadable,
                });
                None
            }
        });
        self.extend(
            passwords.filter(|line| {
                line.len() <= MAX_PASSWORD_BYTES && line.nfc().count() >= min_length
            }),
        );
        wrong.map_or(Ok(()), |rule| Err(invalid(rule)))
    }

    /// Whether a password in NFC is blocked.
    pub(super) fn has(&self, password: &str) -> bool {
        let lower_case = lower_case(password);
        passwords::analyzer::is_common_password(password)
            || passwords::analyzer::is_common_password(lower_case.as_str())
            || self.0.as_ref().is_some_and(|list| list.contains(lower_case.as_str()))
    }
}

impl fmt::Debug for Blocklist {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.as_ref().map_or(0, |list| list.len());
        write!(f, "Blocklist({count})")
    }
}
