//! Environment variables, and the file `.env` for those that are not set.
//!
//! The file has lines `NAME=value`; blank lines and those that begin with `#` are skipped, and
//! one pair of quotes around a value is taken off. A value ends with its line and is taken as it
//! stands, since a secret may contain anything.

use std::collections::HashMap;
use std::env;
use std::fs;
use std::io::ErrorKind;
use std::ops::RangeInclusive;

/// The variables, and what was found to be wrong with them: all of it, so that nobody has to
/// start the service once for each mistake.
#[derive(Default)]
pub(crate) struct Environment {
    file: HashMap<String, String>,
    faults: Vec<String>,
}

/// The file that a variable names.
pub(crate) enum File {
    Absent,
    Faulty,
    Read { path: String, text: String },
}

impl Environment {
    /// Reads `.env` in the current directory, if there is one.
    pub(crate) fn load() -> Self {
        let mut environment = Self::default();
        let text = match fs::read_to_string(".env") {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return environment,
            Err(error) => {
                environment.fault(format!("the file .env can't be read: {error}"));
                return environment;
            }
        };
        for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            match assignment(line) {
                Some((name, value)) => {
                    environment.file.insert(name.to_owned(), value.to_owned());
                }
                // The line itself is not shown: it may be half a secret.
                None => {
                    environment.fault(format!("line {} of .env must be NAME=value", index + 1));
                }
            }
        }
        environment
    }

    /// The text of a variable. One that is set wins over the file, even when it is empty; an
    /// empty one counts as absent.
    pub(crate) fn text(&mut self, name: &str) -> Option<String> {
        let text = match env::var_os(name).map(|value| value.into_string()) {
            Some(Ok(text)) => text,
            Some(Err(_)) => {
                self.fault(format!("{name} must be UTF-8"));
                return None;
            }
            None => self.file.get(name)?.clone(),
        };
        (!text.is_empty()).then_some(text)
    }

    /// What a variable means, or nothing for one that is absent or breaks the rule.
    pub(crate) fn parsed<T>(
        &mut self,
        name: &str,
        rule: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(name)?;
        let parsed = parse(&text);
        if parsed.is_none() {
            self.fault(format!("{name} must be {rule}, not {text:?}"));
        }
        parsed
    }

    /// A whole number of some unit.
    pub(crate) fn number(
        &mut self,
        name: &str,
        unit: &str,
        range: RangeInclusive<u64>,
    ) -> Option<u64> {
        let rule = format!("a whole number of {unit} from {} to {}", range.start(), range.end());
        self.parsed(name, &rule, |text| text.parse().ok().filter(|number| range.contains(number)))
    }

    /// The content of the file that a variable names.
    pub(crate) fn file(&mut self, name: &str) -> File {
        let Some(path) = self.text(name) else { return File::Absent };
        match fs::read_to_string(&path) {
            Ok(text) => File::Read { path, text },
            Err(error) => {
                self.fault(format!("{name} must name a readable file: {path:?}: {error}"));
                File::Faulty
            }
        }
    }

    /// Notes a fault: the variable and its rule, never a secret.
    pub(crate) fn fault(&mut self, fault: String) {
        self.faults.push(fault);
    }

    /// All faults, in the order in which they were found.
    pub(crate) fn into_faults(self) -> Vec<String> {
        self.faults
    }
}

fn assignment(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.strip_prefix("export ").unwrap_or(line).split_once('=')?;
    let (name, value) = (name.trim(), value.trim());
    let unquoted = ['"', '\'']
        .into_iter()
        .find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote))
        .unwrap_or(value);
    (!name.is_empty()).then_some((name, unquoted))
}
