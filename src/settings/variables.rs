//! Variables: from the environment, from the file `.env` for those that are not set, or given.

use std::collections::HashMap;
use std::env;
use std::fmt;
use std::fs;
use std::io::{self, ErrorKind, Read};
use std::ops::RangeInclusive;

use super::SettingsError;
use crate::{random, trace};

/// More is no setting, and reading it would take all memory: `/dev/zero`, say.
const LARGEST_FILE: u64 = 1024 * 1024;

/// The variables of [`Settings`](super::Settings), and those of the application beside them.
///
/// A variable that is set wins over one in `.env`, and that over a [`default`](Self::default). An
/// empty one counts as absent, and hides that of `.env`.
///
/// The file `.env` is looked for in the current directory. It has lines `NAME=value`; blank lines
/// and those that begin with `#` are skipped, and one pair of quotes around a value is taken off. A
/// value ends with its line and is taken as it stands, since a secret may contain anything.
///
/// # Examples
///
/// Variables of the application's own, whose faults are told with the others:
///
/// ```
/// use std::net::SocketAddr;
/// use tower_bearer::{Settings, Variables};
///
/// let mut variables = Variables::from_pairs([("ADDR", "here")]) // or `from_env()`
///     .default("JWT_AUDIENCE", "tasks");
/// let addr: Option<SocketAddr> =
///     variables.parsed("ADDR", "an IP address and a port, as 127.0.0.1:8000", |text| {
///         text.parse().ok()
///     });
/// let error = Settings::read(variables).unwrap_err();
/// assert!(addr.is_none() && error.to_string().starts_with("ADDR must be an IP address and a port"));
/// ```
#[must_use]
pub struct Variables {
    process: bool,
    given: HashMap<String, String>,
    defaults: HashMap<String, String>,
    random: Vec<String>,
    faults: Vec<String>,
}

/// What became of a variable that may be in a file.
pub(super) enum Found {
    Absent,
    /// The fault is noted.
    Faulty,
    Text(String),
}

impl Variables {
    /// Those of the process, and those of the file `.env` in the current directory, if there is one.
    pub fn from_env() -> Self {
        let mut variables = Self { process: true, ..Self::from_pairs([("", ""); 0]) };
        match fs::read_to_string(".env") {
            Ok(text) => variables.read_file(&text),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => variables.fault(format!("the file .env can't be read: {error}")),
        }
        variables
    }

    /// These and no others, for tests.
    pub fn from_pairs<K: Into<String>, V: Into<String>>(
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let given = pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self {
            process: false,
            given,
            defaults: HashMap::new(),
            random: Vec::new(),
            faults: Vec::new(),
        }
    }

    fn read_file(&mut self, text: &str) {
        for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            match assignment(line) {
                Some((name, value)) => {
                    self.given.insert(name.to_owned(), value.to_owned());
                }
                // The line itself is not shown: it may be half a secret.
                None => self.fault(format!("line {} of .env must be NAME=value", index + 1)),
            }
        }
    }

    /// What a variable is where nobody set it. A second call with the same name replaces the first.
    pub fn default(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.defaults.insert(name.into(), value.into());
        self
    }

    /// Makes a secret that nobody set a random one of 128 hexadecimal digits, which ends with the
    /// process, and says so in the log: for a service that is tried out.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::Variables;
    ///
    /// let mut variables = Variables::from_pairs([("A", "")]).default_random("JWT_SECRET");
    /// assert_eq!(variables.secret("JWT_SECRET").map(|secret| secret.len()), Some(128));
    /// ```
    pub fn default_random(mut self, name: impl Into<String>) -> Self {
        self.random.push(name.into());
        self
    }

    /// The text of a variable.
    pub fn text(&mut self, name: &str) -> Option<String> {
        self.given(name).or_else(|| self.defaults.get(name).cloned())
    }

    /// The text of a secret: of the variable `NAME`, or of the file that `NAME_FILE` names, without
    /// the newline at its end. Both is a fault.
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
                trace::warn!("{name} is not set: a random one ends with this process");
                Found::Text(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
            }
            Err(error) => {
                self.fault(format!("{name}: {error}"));
                Found::Faulty
            }
        }
    }

    /// What a variable means, or nothing for one that is absent or breaks the rule, which is then
    /// noted as a fault, with the value: not for secrets.
    pub fn parsed<T>(
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

    /// As [`parsed`](Self::parsed), of a variable that must be set.
    pub(super) fn required<T>(
        &mut self,
        name: &str,
        meaning: &str,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<T> {
        let before = self.faults.len();
        let found = read(self);
        if found.is_none() && self.faults.len() == before {
            self.fault(format!("{name} must be set: {meaning}"));
        }
        found
    }

    /// Notes a fault: the variable and its rule, never a secret.
    pub fn fault(&mut self, fault: impl Into<String>) {
        self.faults.push(fault.into());
    }

    /// A whole number of some unit.
    pub(super) fn number(
        &mut self,
        name: &str,
        unit: &str,
        range: RangeInclusive<u64>,
    ) -> Option<u64> {
        let rule = format!("a whole number of {unit} from {} to {}", range.start(), range.end());
        self.parsed(name, &rule, |text| text.parse().ok().filter(|number| range.contains(number)))
    }

    /// The path and the text of the file that a variable names.
    pub(super) fn file(&mut self, name: &str) -> Result<Option<(String, String)>, Faulty> {
        let Some(path) = self.text(name) else { return Ok(None) };
        let text = self.contents(name, &path).ok_or(Faulty)?;
        Ok(Some((path, text)))
    }

    pub(super) fn finish<T>(self, settings: Option<T>) -> Result<T, SettingsError> {
        match settings {
            Some(settings) if self.faults.is_empty() => Ok(settings),
            _ => Err(SettingsError::new(self.faults)),
        }
    }

    /// Whether somebody set it; a default doesn't count.
    pub(super) fn is_given(&mut self, name: &str) -> bool {
        self.given(name).is_some()
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

    /// Without the defaults.
    fn given(&mut self, name: &str) -> Option<String> {
        let text = match self.process.then(|| env::var_os(name)).flatten() {
            Some(value) => match value.into_string() {
                Ok(text) => text,
                Err(_) => {
                    self.fault(format!("{name} must be UTF-8"));
                    return None;
                }
            },
            None => self.given.get(name)?.clone(),
        };
        (!text.is_empty()).then_some(text)
    }
}

/// A fault that is noted already.
pub(super) struct Faulty;

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Variables")
            .field("given", &self.given.keys())
            .field("faults", &self.faults)
            .finish_non_exhaustive()
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
