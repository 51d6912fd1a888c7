//! What a command says: text for people, or one JSON object for programs.

use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

use serde_json::{Value, json};
use tower_bearer::{SettingsError, StoreError};

/// Done.
pub(super) struct Answer {
    pub(super) text: String,
    pub(super) json: Value,
    /// 1 where a part of it could not be done.
    pub(super) exit: u8,
}

impl Answer {
    pub(super) fn new(text: impl Into<String>, json: Value) -> Self {
        Self { text: text.into(), json, exit: 0 }
    }

    pub(super) fn tell(self, as_json: bool) -> ExitCode {
        let text = if as_json { format!("{}\n", self.json) } else { self.text };
        let mut output = io::stdout().lock();
        match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
            Ok(()) => ExitCode::from(self.exit),
            // A key or a password is lost that nobody could read.
            Err(error) => Failure::new("output", format!("the answer: {error}")).tell(as_json),
        }
    }
}

/// Not done.
pub(super) struct Failure {
    /// For programs, from a small set.
    code: &'static str,
    messages: Vec<String>,
}

impl Failure {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, messages: vec![message.into()] }
    }

    /// Nobody can tell what is meant.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self::new("usage", message)
    }

    /// A name, an address or a password breaks a rule.
    pub(super) fn invalid(message: impl fmt::Display) -> Self {
        Self::new("invalid", message.to_string())
    }

    pub(super) fn file(path: &std::path::Path, error: impl fmt::Display) -> Self {
        Self::new("file", format!("{}: {error}", path.display()))
    }

    pub(super) fn tell(self, as_json: bool) -> ExitCode {
        if as_json {
            eprintln!("{}", json!({ "error": self.code, "message": self.messages.join("; ") }));
        } else {
            for message in &self.messages {
                eprintln!("tasks: {message}");
            }
        }
        ExitCode::from(if self.code == "usage" { 2 } else { 1 })
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::new("store", format!("the store failed: {error}"))
    }
}

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        Self { code: "settings", messages: error.faults().map(str::to_owned).collect() }
    }
}
