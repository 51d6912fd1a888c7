//! The lines that were refused, for whoever mends them.

use std::fs::File;
use std::path::PathBuf;

use csv::Writer;

use crate::cli::answer::Failure;

pub(super) struct Report {
    path: PathBuf,
    writer: Writer<File>,
}

impl Report {
    /// Takes the place of the report of an earlier run.
    pub(super) fn create(path: PathBuf) -> Result<Self, Failure> {
        let writer = Writer::from_path(&path).map_err(|error| Failure::file(&path, error))?;
        let mut report = Self { path, writer };
        report.write(["line", "username", "reason"])?;
        Ok(report)
    }

    pub(super) fn add(&mut self, line: u64, name: &str, reason: &str) -> Result<(), Failure> {
        self.write([&line.to_string(), name, reason])
    }

    pub(super) fn finish(mut self) -> Result<PathBuf, Failure> {
        self.writer.flush().map_err(|error| Failure::file(&self.path, error))?;
        Ok(self.path)
    }

    fn write(&mut self, row: [&str; 3]) -> Result<(), Failure> {
        self.writer.write_record(row).map_err(|error| Failure::file(&self.path, error))
    }
}
