//! Variables: from the environment, from the file `.env` for those that are not set, or given.

use std::collections::HashMap;
use std::env;
use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::ops::RangeInclusive;

use super::{SettingsError, env_file};

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
    pub(super) defaults: HashMap<String, String>,
    pub(super) random: Vec<String>,
    pub(super) faults: Vec<String>,
}

impl Variables {
    /// Those of the process, and those of the file `.env` in the current directory, if there is one.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::Variables;
    ///
    /// // Set TASKS_GREETING, here or in `.env`, to greet otherwise.
    /// let mut variables = Variables::from_env().default("TASKS_GREETING", "hello");
    /// let greeting = variables.text("TASKS_GREETING");
    /// assert_eq!(greeting.as_deref(), Some("hello"));
    /// ```
    pub fn from_env() -> Self {
        let mut variables = Self { process: true, ..Self::from_pairs([("", ""); 0]) };
        match fs::read_to_string(".env") {
            Ok(text) => variables.given.extend(env_file::read(&text, &mut variables.faults)),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => variables.fault(format!("the file .env can't be read: {error}")),
        }
        variables
    }

    /// These and no others, for tests.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::Variables;
    ///
    /// let mut variables = Variables::from_pairs([("ADDR", "127.0.0.1:8000"), ("EMPTY", "")]);
    /// assert_eq!(variables.text("ADDR").as_deref(), Some("127.0.0.1:8000"));
    /// assert_eq!(variables.text("EMPTY"), None); // it counts as absent
    /// assert_eq!(variables.text("PATH"), None); // those of the process are not read
    /// ```
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

    /// What a variable is where nobody set it. A second call with the same name replaces the first.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::Variables;
    ///
    /// let mut variables = Variables::from_pairs([("COLOUR", "green")])
    ///     .default("COLOUR", "blue")
    ///     .default("SHAPE", "round");
    /// assert_eq!(variables.text("COLOUR").as_deref(), Some("green")); // somebody set it
    /// assert_eq!(variables.text("SHAPE").as_deref(), Some("round"));
    /// ```
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

    /// The text of a variable, or else its [`default`](Self::default); nothing where there is
    /// neither. A variable that is empty counts as absent.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::Variables;
    ///
    /// let mut variables = Variables::from_pairs([("TITLE", "Our tasks")]);
    /// let title = variables.text("TITLE").unwrap_or_else(|| "Tasks".to_owned());
    /// assert_eq!(title, "Our tasks");
    /// ```
    pub fn text(&mut self, name: &str) -> Option<String> {
        self.given(name).or_else(|| self.defaults.get(name).cloned())
    }

    /// What a variable means, or nothing for one that is absent or breaks the rule, which is then
    /// noted as a fault, with the value: not for secrets.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Settings, Variables};
    ///
    /// let mut variables = Variables::from_pairs([("WORKERS", "many"), ("PORT", "8000")]);
    /// let port = variables.parsed("PORT", "a port", |text| text.parse::<u16>().ok());
    /// assert_eq!(port, Some(8000));
    /// let workers = variables.parsed("WORKERS", "a number", |text| text.parse::<u8>().ok());
    /// assert_eq!(workers, None);
    /// let error = Settings::read(variables).unwrap_err();
    /// assert!(error.faults().any(|fault| fault == r#"WORKERS must be a number, not "many""#));
    /// ```
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

    /// Notes a fault, which [`Settings::read`](super::Settings::read) then tells with the others:
    /// name the variable and its rule, never a secret.
    ///
    /// # Examples
    ///
    /// A rule about two variables:
    ///
    /// ```
    /// use tower_bearer::{Settings, Variables};
    ///
    /// let mut variables = Variables::from_pairs([("TLS_CERT", "cert.pem")]);
    /// if variables.text("TLS_CERT").is_some() != variables.text("TLS_KEY").is_some() {
    ///     variables.fault("TLS_CERT and TLS_KEY go together");
    /// }
    /// let error = Settings::read(variables).unwrap_err();
    /// assert_eq!(error.faults().next(), Some("TLS_CERT and TLS_KEY go together"));
    /// ```
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

    /// Without the defaults.
    pub(super) fn given(&mut self, name: &str) -> Option<String> {
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

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Variables")
            .field("given", &self.given.keys())
            .field("faults", &self.faults)
            .finish_non_exhaustive()
    }
}
