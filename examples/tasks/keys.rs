//! The keys that sign, in a file for `JWT_KEYS_FILE`: `tasks key new` and `tasks key rotate`.

use std::error::Error;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;

use tempfile::NamedTempFile;
use tower_bearer::{Algorithm, Clock, SigningKeys};

const USAGE: &str = "\
usage: tasks                                        run the service
       tasks key new FILE [--algorithm ES256]       make a file of keys that is not there yet
       tasks key new FILE [--algorithm ES256] --replace
                                                    make it anew: all tokens end, as after a leak
       tasks key rotate FILE [--algorithm ES256]    let the next key sign, and make another next
       tasks key public FILE                        print the public keys, for other services

ES256 stands for HS256, HS384, HS512, ES256, ES384 or EdDSA. Give each node the file after a
rotation, and restart it. The next rotation is possible after 25 hours.
";

/// 0 where it is done, 1 where it can't be, 2 where nobody can tell what is meant.
pub(crate) fn run(arguments: &[String]) -> ExitCode {
    let Some((command, algorithm)) = parse(arguments) else {
        eprint!("{USAGE}");
        return ExitCode::from(2);
    };
    let done = match command {
        Command::New { file, replace } => new(file, algorithm.unwrap_or(Algorithm::ES256), replace),
        Command::Rotate { file } => rotate(file, algorithm),
        Command::Public { file } => public(file),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tasks: {}: {error}", command.file().display());
            ExitCode::FAILURE
        }
    }
}

#[derive(Clone, Copy)]
enum Command<'a> {
    New { file: &'a Path, replace: bool },
    Rotate { file: &'a Path },
    Public { file: &'a Path },
}

impl<'a> Command<'a> {
    fn file(self) -> &'a Path {
        match self {
            Self::New { file, .. } | Self::Rotate { file } | Self::Public { file } => file,
        }
    }
}

fn parse(arguments: &[String]) -> Option<(Command<'_>, Option<Algorithm>)> {
    let [key, verb, file, options @ ..] = arguments else { return None };
    let (mut algorithm, mut replace) = (None, false);
    let mut options = options.iter();
    while let Some(option) = options.next() {
        match option.as_str() {
            "--algorithm" if algorithm.is_none() => algorithm = Some(options.next()?.parse().ok()?),
            "--replace" if !replace => replace = true,
            _ => return None,
        }
    }
    if key != "key" || file.starts_with('-') {
        return None;
    }
    let file = Path::new(file);
    match verb.as_str() {
        "new" => Some((Command::New { file, replace }, algorithm)),
        "rotate" if !replace => Some((Command::Rotate { file }, algorithm)),
        "public" if !replace && algorithm.is_none() => Some((Command::Public { file }, None)),
        _ => None,
    }
}

fn new(file: &Path, algorithm: Algorithm, replace: bool) -> Result<(), Box<dyn Error>> {
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

fn rotate(file: &Path, algorithm: Option<Algorithm>) -> Result<(), Box<dyn Error>> {
    let jwks = fs::read_to_string(file)?;
    let jwks = SigningKeys::rotate_jwks(&jwks, algorithm, Clock::system().now())?;
    write(file, &jwks)?.persist(file)?;
    tell(&jwks)
}

fn public(file: &Path) -> Result<(), Box<dyn Error>> {
    print!("{}", SigningKeys::public_jwks(&fs::read_to_string(file)?)?);
    Ok(())
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
fn tell(jwks: &str) -> Result<(), Box<dyn Error>> {
    let keys = SigningKeys::from_jwks(jwks)?;
    for (at, key) in keys.iter().enumerate() {
        let does = if at == 0 { "signs" } else { "verifies" };
        println!("{} {} {does}", key.key_id().unwrap_or_default(), key.algorithm());
    }
    Ok(())
}
