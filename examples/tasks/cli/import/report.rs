//! The lines that were refused, for whoever mends them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use csv::Writer;
use tempfile::NamedTempFile;

use crate::cli::answer::Failure;

pub(super) struct Report {
    path: PathBuf,
    writer: Writer<NamedTempFile>,
}

/// Refuses a path at which something else than the report of an earlier run would be lost.
pub(super) fn check_place(report: &Path, users: &Path) -> Result<(), Failure> {
    // Not followed: what a link leads to was not meant, nor may a device be replaced.
    let Ok(there) = fs::symlink_metadata(report) else { return Ok(()) };
    if !there.is_file() {
        let path = report.display();
        return Err(Failure::usage(format!(
            "{path} is no regular file: give another place with --report"
        )));
    }
    if is_same_file(report, users).unwrap_or(false) {
        return Err(Failure::usage(
            "the report would take the place of the users: give another with --report",
        ));
    }
    Ok(())
}

fn is_same_file(one: &Path, other: &Path) -> io::Result<bool> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;

        let (one, other) = (fs::metadata(one)?, fs::metadata(other)?);
        if (one.dev(), one.ino()) == (other.dev(), other.ino()) {
            return Ok(true);
        }
    }
    Ok(fs::canonicalize(one)? == fs::canonicalize(other)?)
}

impl Report {
    /// Beside its place, which it takes in one step once it is whole.
    pub(super) fn create(path: PathBuf) -> Result<Self, Failure> {
        let directory = path.parent().filter(|path| !path.as_os_str().is_empty());
        let mut prefix = path.file_name().unwrap_or_default().to_owned();
        prefix.push(".");
        let file = tempfile::Builder::new()
            .prefix(&prefix)
            .tempfile_in(directory.unwrap_or(Path::new(".")))
            .map_err(|error| Failure::file(&path, error))?;
        let mut report = Self { path, writer: Writer::from_writer(file) };
        report.write(["line", "username", "reason"])?;
        Ok(report)
    }

    pub(super) fn add(&mut self, line: u64, name: &str, reason: &str) -> Result<(), Failure> {
        self.write([&line.to_string(), &no_formula(name), reason])
    }

    /// Takes the place of the report of an earlier run.
    pub(super) fn finish(self) -> Result<PathBuf, Failure> {
        let Self { path, writer } = self;
        let persist = || {
            let file = writer.into_inner().map_err(|error| error.into_error())?;
            file.as_file().sync_all()?;
            file.persist(&path)?;
            Ok::<_, io::Error>(())
        };
        persist().map_err(|error| Failure::file(&path, error))?;
        Ok(path)
    }

    fn write(&mut self, row: [&str; 3]) -> Result<(), Failure> {
        self.writer.write_record(row).map_err(|error| Failure::file(&self.path, error))
    }
}

/// A spreadsheet that opens the report computes what begins like this, and whoever chose the name
/// chose the formula.
fn no_formula(name: &str) -> String {
    match name.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => format!("'{name}"),
        false => name.to_owned(),
    }
}
