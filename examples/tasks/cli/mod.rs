//! The command line: the service without arguments, and what an operator does beside it.
//!
//! Whatever touches users goes through the traits of the crate's stores, with the settings of the
//! service: the same names, rules for passwords, hasher and peppers.

mod answer;
mod api_key;
mod import;
mod key;
mod password;
mod stores;
mod user;

use std::env;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};

use answer::Failure;

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  it can't be done: standard error says why
  2  the command line is wrong, and nothing was done";

const ENVIRONMENT: &str = "\
Without a command the service runs. It and the commands for users and API keys read the same
environment, and `.env` in the current directory: DATABASE_URL, REDIS_URL where sessions are there,
PASSWORD_POLICY, PASSWORD_PEPPER, HASHING_MEMORY. No key that signs tokens is needed; one that is named
is looked at.

Examples:
  tasks
  tasks key new keys.json
  tasks user add alice --scope me --scope items:read
  tasks user import users.csv
  tasks api-key new alice --name backup --scope data:read --expires 90d";

/// A small service with accounts, tasks and API keys.
#[derive(Parser)]
#[command(name = "tasks", version, after_help = concat_help(ENVIRONMENT))]
struct Cli {
    /// Answer with one JSON object, and with one on standard error where it can't be done
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Make, rotate and publish the keys that sign tokens, in a file for JWT_KEYS_FILE
    #[command(subcommand, after_help = EXIT_CODES)]
    Key(key::Command),
    /// Add, change, list and import users
    #[command(subcommand, after_help = EXIT_CODES)]
    User(user::Command),
    /// Make API keys
    #[command(subcommand, after_help = EXIT_CODES)]
    ApiKey(api_key::Command),
}

fn concat_help(text: &str) -> String {
    format!("{text}\n\n{EXIT_CODES}")
}

/// What the arguments ask for, done; nothing where they ask for the service.
pub(crate) async fn run() -> Option<ExitCode> {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return Some(misuse(&error)),
    };
    let command = cli.command?;
    let done = match command {
        Command::Key(command) => key::run(command),
        Command::User(command) => user::run(command, cli.json).await,
        Command::ApiKey(command) => api_key::run(command).await,
    };
    Some(match done {
        Ok(answer) => answer.tell(cli.json),
        Err(failure) => failure.tell(cli.json),
    })
}

/// Help and the version too are what clap calls an error.
fn misuse(error: &clap::Error) -> ExitCode {
    let asked_for = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    if !asked_for && env::args_os().any(|argument| argument == "--json") {
        let message = error.to_string();
        let message = message.lines().next().unwrap_or_default().trim_start_matches("error: ");
        return Failure::usage(message).tell(true);
    }
    // Whoever started it may have closed the output.
    let _ = error.print();
    if asked_for { ExitCode::SUCCESS } else { ExitCode::from(2) }
}
