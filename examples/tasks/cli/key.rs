//! The keys that sign, in a file for `JWT_KEYS_FILE`: `tasks key new` and `tasks key rotate`.

use std::error::Error;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use tower_bearer::{Algorithm, Clock, SigningKeys};

use super::EXIT_CODES;
use super::answer::{Answer, Failure};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make a file of two keys that is not there yet: one signs, the other will
    #[command(after_help = EXIT_CODES)]
    New {
        #[command(flatten)]
        keys: Keys,
        /// Make it anew: all tokens end, as after a leak
        #[arg(long)]
        replace: bool,
    },
    /// Let the next key sign, and make another next
    #[command(after_help = "\
Give each node the file after a rotation, and restart it. The next rotation is possible after 25 hours.")]
    Rotate(Keys),
    /// Print the public keys, for services that verify
    #[command(after_help = EXIT_CODES)]
    Public {
        /// The file of keys
        file: PathBuf,
    },
}

#[derive(Args)]
pub(super) struct Keys {
    /// The file of keys
    file: PathBuf,
    /// HS256, HS384, HS512, ES256, ES384 or EdDSA; by default ES256, or that of the key which signs
    #[arg(long, value_parser = |text: &str| text.parse::<Algorithm>())]
    algorithm: Option<Algorithm>,
}

pub(super) fn run(command: Command) -> Result<Answer, Failure> {
    let file = match &command {
        Command::New { keys, .. } | Command::Rotate(keys) => keys.file.clone(),
        Command::Public { file } => file.clone(),
    };
    let done = match command {
        Command::New { keys, replace } => {
            new(&keys.file, keys.algorithm.unwrap_or(Algorithm::ES256), replace)
        }
        Command::Rotate(keys) => rotate(&keys.file, keys.algorithm),
        Command::Public { file } => public(&file),
    };
    done.map_err(|error| Failure::file(&file, error))
}

fn new(file: &Path, algorithm: Algorithm, replace: bool) -> Result<Answer, Box<dyn Error>> {
    let jwks = SigningKeys::new_jwks(algorithm, Clock::system().now())?;
    let written = write(file, &jwks)?;
    if replace {
        written.persist(file)?;
    } else {
        written.persist_noclobber(file).map_err(|error| match error.error.kind() {
            ErrorKind::AlreadyExists => {
                "there is one already: rotate it, or give --replace to end all tokens".into()
            }
            _ => Box::<dyn Error>::from(error.error),
        })?;
    }
    tell(&jwks)
}

fn rotate(file: &Path, algorithm: Option<Algorithm>) -> Result<Answer, Box<dyn Error>> {
    let jwks = fs::read_to_string(file)?;
    let jwks = SigningKeys::rotate_jwks(&jwks, algorithm, Clock::system().now())?;
    write(file, &jwks)?.persist(file)?;
    tell(&jwks)
}

fn public(file: &Path) -> Result<Answer, Box<dyn Error>> {
    let jwks = SigningKeys::public_jwks(&fs::read_to_string(file)?)?;
    let json = serde_json::from_str(&jwks)?;
    Ok(Answer::new(jwks, json))
}

/// Beside the file, so that it takes its place in one step, and for its owner alone (0600).
fn write(file: &Path, text: &str) -> Result<NamedTempFile, Box<dyn Error>> {
    let directory = file.parent().filter(|path| !path.as_os_str().is_empty());
    let mut written = NamedTempFile::new_in(directory.unwrap_or(Path::new(".")))?;
    written.write_all(text.as_bytes())?;
    written.as_file().sync_all()?;
    Ok(written)
}

/// What is in the file now: nothing secret.
fn tell(jwks: &str) -> Result<Answer, Box<dyn Error>> {
    let (mut text, mut told) = (String::new(), Vec::<Value>::new());
    for (at, key) in SigningKeys::from_jwks(jwks)?.iter().enumerate() {
        let does = if at == 0 { "signs" } else { "verifies" };
        let id = key.key_id().unwrap_or_default();
        text.push_str(&format!("{id} {} {does}\n", key.algorithm()));
        told.push(json!({ "kid": id, "alg": key.algorithm().to_string(), "does": does }));
    }
    Ok(Answer::new(text, json!({ "keys": told })))
}
