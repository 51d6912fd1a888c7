//! What stands in files: secrets, keys, clients.

use std::fs;
use std::io::{self, Read};

use super::Variables;
use crate::{random, trace};

/// More is no setting, and reading it would take all memory: `/dev/zero`, say.
const LARGEST_FILE: u64 = 1024 * 1024;

/// What became of a variable that may be in a file.
pub(super) enum Found {
    Absent,
    /// The fault is noted.
    Faulty,
    Text(String),
}

/// A fault that is noted already.
pub(super) struct Faulty;

impl Variables {
    /// The text of a secret: of the variable `NAME`, or of the file that `NAME_FILE` names, without
    /// the newline at its end. Both is a fault.
    ///
    /// # Examples
    ///
    /// A key of the application's own, from a file:
    ///
    /// ```
    /// use tower_bearer::Variables;
    ///
    /// # fn main() -> Result<(), std::io::Error> {
    /// # let directory = tempfile::tempdir()?;
    /// # let path = directory.path().join("maps");
    /// # let path = path.to_str().unwrap_or_default();
    /// std::fs::write(path, "k3y-of-the-map-service\n")?; // such as /run/secrets/maps
    /// let mut variables = Variables::from_pairs([("MAPS_KEY_FILE", path)]);
    /// assert_eq!(variables.secret("MAPS_KEY").as_deref(), Some("k3y-of-the-map-service"));
    /// assert_eq!(variables.secret("MAILS_KEY"), None);
    /// # Ok(())
    /// # }
    /// ```
    pub fn secret(&mut self, name: &str) -> Option<String> {
        match self.find_secret(name) {
            Found::Text(text) => Some(text),
            Found::Absent | Found::Faulty => None,
        }
    }

    pub(super) fn find_secret(&mut self, name: &str) -> Found {
        let of_file = format!("{name}_FILE");
        let before = self.faults.len();
        match (self.given(name), self.given(&of_file)) {
            _ if self.faults.len() > before => Found::Faulty,
            (Some(_), Some(_)) => {
                self.fault(format!("{name} and {of_file} are both set; leave one out"));
                Found::Faulty
            }
            (Some(text), None) => Found::Text(text),
            (None, Some(path)) => {
                let Some(mut text) = self.contents(&of_file, &path) else { return Found::Faulty };
                let line =
                    text.strip_suffix('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
                if let Some(line) = line {
                    text.truncate(line.len());
                }
                if text.is_empty() {
                    self.fault(format!("{of_file} must name a file that is not empty: {path:?}"));
                    return Found::Faulty;
                }
                Found::Text(text)
            }
            (None, None) => match self.defaults.get(name) {
                Some(text) => Found::Text(text.clone()),
                None if self.random.iter().any(|random| random == name) => self.random_secret(name),
                None => Found::Absent,
            },
        }
    }

    fn random_secret(&mut self, name: &str) -> Found {
        match random::bytes::<64>() {
            Ok(bytes) => {
                trace::warn!(
                    target: "tower_bearer::settings",
                    variable = name,
                    "a secret is not set: a random one ends with this process"
                );
                Found::Text(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
            }
            Err(error) => {
                self.fault(format!("{name}: {error}"));
                Found::Faulty
            }
        }
    }

    /// The path and the text of the file that a variable names.
    pub(super) fn file(&mut self, name: &str) -> Result<Option<(String, String)>, Faulty> {
        let Some(path) = self.text(name) else { return Ok(None) };
        let text = self.contents(name, &path).ok_or(Faulty)?;
        Ok(Some((path, text)))
    }

    fn contents(&mut self, name: &str, path: &str) -> Option<String> {
        let read = || -> io::Result<String> {
            let mut text = String::new();
            fs::File::open(path)?.take(LARGEST_FILE + 1).read_to_string(&mut text)?;
            if text.len() as u64 > LARGEST_FILE {
                return Err(io::Error::other("it has more than 1 MiB"));
            }
            Ok(text)
        };
        read()
            .map_err(|error| {
                self.fault(format!("{name} must name a readable file: {path:?}: {error}"));
            })
            .ok()
    }
}
