//! `tasks user import`: users of another program, with the hashes of their passwords.

mod report;
mod row;
mod stored;

use std::collections::HashSet;
use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use clap::Args;
use csv::{ByteRecord, Reader, ReaderBuilder};
use futures_util::future::{self, FutureExt};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use tower_bearer::{AccountStore, Clock, Hasher, NewUser, Settings, StoreError};

use super::answer::{Answer, Failure};
use report::Report;
use row::Columns;
use stored::{Outcome, Seen, look_at, store};

pub(super) const HELP: &str = "\
FILE is a CSV in UTF-8 whose first line names the columns, in any order:
  username, password_hash       required
  email, name                   may be empty
  email_verified, is_active     true or false; by default false, and true
  scopes, roles                 with spaces between; without the column scopes, those of who registers

Hashes: argon2, bcrypt ($2a$, $2b$, $2y$), scrypt and PBKDF2, as Django, passlib and others write them. They
are stored as they are, and each is replaced when its user logs in. A hash that no login can verify is refused.

A run that was broken off is repeated: users who are there as their lines say are passed over. Nothing of
users who are there is changed: a line with their hash and another column, is_active or roles for one, is
refused.

Lines that are refused are left out, and are in the report, in a dry run too: line, user name, reason, never
the hash. A ' stands before a name that a spreadsheet would take for a formula. The report takes the place
of an earlier one when it is whole; a place where FILE is, or a link, is refused.

Exit codes:
  0  all are in
  1  some lines were refused, and the others are in; or it failed, or was stopped: run it again
  2  the command line is wrong, and nothing was done

Example:
  tasks user import users.csv --dry-run && tasks user import users.csv";

/// How many rows are in memory, and stored in few steps.
const AT_ONCE: usize = 1024;
/// Each in one transaction on SQLite; PostgreSQL has several of them at work at once.
const STEPS: usize = 8;

#[derive(Args)]
pub(in crate::cli) struct Import {
    /// The users
    file: PathBuf,
    /// Where the refused lines are listed [default: FILE.refused.csv]
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Look at every line, and store nobody
    #[arg(long)]
    dry_run: bool,
}

impl Import {
    /// Whether the report may be where it is to be.
    pub(in crate::cli) fn check(&self) -> Result<(), Failure> {
        report::check_place(&self.report(), &self.file)
    }

    fn report(&self) -> PathBuf {
        self.report.clone().unwrap_or_else(|| {
            let mut name = self.file.clone().into_os_string();
            name.push(".refused.csv");
            name.into()
        })
    }
}

#[derive(Default)]
struct Counts {
    imported: u64,
    already_there: u64,
    refused: u64,
}

pub(super) async fn run<U: AccountStore>(
    users: &U,
    settings: &Settings,
    args: &Import,
    as_json: bool,
) -> Result<Answer, Failure> {
    let file = |error: &dyn std::fmt::Display| Failure::file(&args.file, error);
    let opened = File::open(&args.file).map_err(|error| file(&error))?;
    let length = opened.metadata().map_err(|error| file(&error))?.len();
    // A row with too few or too many fields is a fault of that row.
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(BufReader::new(opened));
    let headers = reader.byte_headers().map_err(|error| file(&error))?;
    let columns = Columns::read(headers).map_err(|error| file(&error))?;
    let hasher = settings.hasher().map_err(Failure::invalid)?;
    // From here on a signal waits for the end of what has begun.
    let mut stop = std::pin::pin!(tokio::signal::ctrl_c());
    let mut was_stopped = stop.as_mut().now_or_never().is_some();
    let mut report = Report::create(args.report())?;

    let bar = progress(length, as_json);
    let mut import = Running {
        users,
        reader,
        columns,
        hasher,
        counts: Counts::default(),
        seen: args.dry_run.then(Seen::default),
        put_back: None,
    };
    while !was_stopped {
        let more = import.batch(&mut report).await.map_err(|broken| broken.at(&args.file))?;
        bar.set_position(import.reader.position().byte());
        if !more {
            break;
        }
        was_stopped = stop.as_mut().now_or_never().is_some();
    }
    bar.finish_and_clear();
    let report = report.finish()?;
    Ok(summary(&import.counts, args.dry_run, was_stopped, &report))
}

/// Hidden where nobody looks: standard error is no terminal, or a program reads along.
fn progress(length: u64, as_json: bool) -> ProgressBar {
    if as_json {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(length);
    let style = ProgressStyle::with_template("{bar:40} {percent}% of {total_bytes}, {eta} left");
    bar.with_style(style.expect("a constant text is a template"))
}

fn summary(counts: &Counts, dry_run: bool, was_stopped: bool, report: &std::path::Path) -> Answer {
    let Counts { imported, already_there, refused } = counts;
    let would = if dry_run { "would be " } else { "" };
    let mut text = format!(
        "{imported} users {would}imported, {already_there} were there already, {refused} refused"
    );
    if *refused > 0 {
        text.push_str(&format!(": see {}", report.display()));
    }
    if was_stopped {
        text.push_str("; stopped: run it again for the rest");
    }
    text.push('\n');
    let json = json!({
        "imported": imported, "already_there": already_there, "refused": refused,
        "dry_run": dry_run, "stopped": was_stopped, "report": report.display().to_string(),
    });
    Answer { text, json, exit: u8::from(*refused > 0 || was_stopped) }
}

/// Why an import breaks off.
enum Broken {
    Store(StoreError),
    Read(csv::Error),
    Report(Failure),
}

impl Broken {
    fn at(self, file: &std::path::Path) -> Failure {
        match self {
            Self::Store(error) => error.into(),
            Self::Read(error) => Failure::file(file, error),
            Self::Report(failure) => failure,
        }
    }
}

struct Running<'a, U> {
    users: &'a U,
    reader: Reader<BufReader<File>>,
    columns: Columns,
    hasher: Hasher,
    counts: Counts,
    /// In a dry run, the names and addresses of this file.
    seen: Option<Seen>,
    /// The first row of the next batch.
    put_back: Option<(u64, ByteRecord)>,
}

impl<U: AccountStore> Running<'_, U> {
    /// Some rows, and whether there may be more. No more than these are in memory.
    async fn batch(&mut self, report: &mut Report) -> Result<bool, Broken> {
        let (mut sound, mut refused) = (Vec::new(), Vec::new());
        // Of two that are alike the first is stored: the second waits for the next batch.
        let mut keys = HashSet::new();
        let mut more = true;
        while sound.len() + refused.len() < AT_ONCE && more {
            let Some((line, row)) = self.next_row()? else {
                more = false;
                break;
            };
            match self.columns.user(&row, &self.hasher) {
                Ok(user) => {
                    let email = user.email.as_ref().map(|email| email.key().to_owned());
                    let is_new = keys.insert(user.username.key().to_owned())
                        & email.is_none_or(|email| keys.insert(email));
                    if !is_new {
                        self.put_back = Some((line, row));
                        break;
                    }
                    sound.push((line, user));
                }
                Err(reason) => refused.push((line, self.columns.name(&row), reason)),
            }
        }
        let now = Clock::system().now();
        let (users, dry_run) = (self.users, self.seen.is_some());
        let steps = sound.chunks(AT_ONCE / STEPS).map(|step| async move {
            let step: Vec<NewUser> = step.iter().map(|(_, user)| user.clone()).collect();
            if dry_run { look_at(users, &step).await } else { store(users, step, now).await }
        });
        let outcomes = future::try_join_all(steps).await.map_err(Broken::Store)?;
        for ((line, user), mut outcome) in sound.iter().zip(outcomes.into_iter().flatten()) {
            if let (Some(seen), Outcome::Imported) = (&mut self.seen, &outcome) {
                outcome = seen.note(user);
            }
            match outcome {
                Outcome::Imported => self.counts.imported += 1,
                Outcome::AlreadyThere => self.counts.already_there += 1,
                Outcome::Refused(reason) => {
                    refused.push((*line, user.username.as_str().to_owned(), reason));
                }
            }
        }
        refused.sort_unstable_by_key(|(line, ..)| *line);
        for (line, name, reason) in refused {
            self.counts.refused += 1;
            report.add(line, &name, &reason).map_err(Broken::Report)?;
        }
        Ok(more)
    }

    fn next_row(&mut self) -> Result<Option<(u64, ByteRecord)>, Broken> {
        if let Some(row) = self.put_back.take() {
            return Ok(Some(row));
        }
        let mut row = ByteRecord::new();
        let more = self.reader.read_byte_record(&mut row).map_err(Broken::Read)?;
        let line = row.position().map_or(0, csv::Position::line);
        Ok(more.then_some((line, row)))
    }
}
