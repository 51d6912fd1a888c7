//! New passwords: asked for, read or made, and never an argument, which everybody on the machine
//! sees.

use std::io::{self, IsTerminal};

use clap::Args;
use console::Term;
use tower_bearer::{PasswordContext, PasswordPolicy, Settings};

use super::answer::Failure;

#[derive(Args)]
#[group(multiple = false)]
pub(super) struct Source {
    /// Read the password from the first line of standard input
    #[arg(long)]
    password_stdin: bool,
    /// Make a random password, and print it
    #[arg(long)]
    generate: bool,
}

/// A password that keeps the rules, and its hash.
pub(super) struct NewPassword {
    pub(super) hash: String,
    /// The text, where nobody knows it yet.
    pub(super) generated: Option<String>,
}

impl Source {
    /// Whether the password comes from elsewhere than a person at a terminal, which has to be there.
    pub(super) fn check(&self) -> Result<(), Failure> {
        if self.password_stdin || self.generate || io::stdin().is_terminal() {
            return Ok(());
        }
        Err(Failure::usage(
            "no terminal to ask for the password: give --password-stdin or --generate",
        ))
    }

    pub(super) async fn new_password(
        &self,
        settings: &Settings,
        context: &PasswordContext<'_>,
    ) -> Result<NewPassword, Failure> {
        let policy = settings.password_policy();
        let text = if self.generate {
            generate(&policy, context)?
        } else if self.password_stdin {
            read_line()?
        } else {
            ask()?
        };
        let hasher = settings.hasher().map_err(Failure::invalid)?;
        policy.check_new(&text, context, &hasher).await.map_err(Failure::invalid)?;
        let hash = hasher.hash(&text).await.map_err(Failure::invalid)?;
        Ok(NewPassword { hash, generated: self.generate.then_some(text) })
    }
}

fn read_line() -> Result<String, Failure> {
    let mut line = String::new();
    io::stdin().read_line(&mut line).map_err(|error| Failure::new("file", error.to_string()))?;
    let line = line.strip_suffix('\n').unwrap_or(&line);
    Ok(line.strip_suffix('\r').unwrap_or(line).to_owned())
}

/// Twice, since nobody sees what they type.
fn ask() -> Result<String, Failure> {
    let terminal = Term::stderr();
    let ask = |prompt: &str| {
        terminal.write_str(prompt)?;
        terminal.read_secure_line()
    };
    let both = ask("New password: ").and_then(|first| Ok((first, ask("The same again: ")?)));
    let (first, again) = both.map_err(|error| Failure::new("file", error.to_string()))?;
    if first != again {
        return Err(Failure::invalid("the passwords differ"));
    }
    Ok(first)
}

/// About 116 bits, in letters and digits that nobody mistakes for each other.
fn generate(policy: &PasswordPolicy, context: &PasswordContext<'_>) -> Result<String, Failure> {
    const LETTERS: &[u8; 56] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789";
    // A rule may ask for letters of all kinds, which a text has by chance.
    for _ in 0..100 {
        let mut text = String::new();
        while text.len() < 24 {
            let mut byte = [0];
            getrandom::fill(&mut byte).map_err(Failure::invalid)?;
            // 224 is four times 56: beyond it the first letters would come more often.
            if byte[0] >= 224 {
                continue;
            }
            if text.len() % 5 == 4 {
                text.push('-');
            }
            text.push(char::from(LETTERS[usize::from(byte[0]) % LETTERS.len()]));
        }
        if policy.check_with(&text, context).is_ok() {
            return Ok(text);
        }
    }
    Err(Failure::invalid("the policy takes no random password"))
}
