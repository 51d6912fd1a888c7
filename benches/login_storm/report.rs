//! The table, and whether what was promised holds.

use std::fmt;
use std::thread;
use std::time::Duration;

use crate::load::Outcome;
use crate::server::Hashing;

/// Of one computation with the default parameters.
const HASH_KIB: u64 = 19_456;

/// For whatever else a busy process has that an idle one has not: connections of those who wait,
/// sessions, arenas of the allocator.
const REST_KIB: u64 = 8 * 1024;

/// The rate that the promise is about, and how much longer the 99th percentile may be in it.
const PROMISED: (f64, f64) = (20.0, 3.0);

#[derive(Default)]
pub(crate) struct Report {
    lines: Vec<Line>,
}

/// One phase of one server.
struct Line {
    hashing: Hashing,
    logins: f64,
    outcome: Outcome,
    /// What the same server had without logins.
    idle_p99: Duration,
    idle_kib: Option<u64>,
}

impl Report {
    /// A phase without logins comes first, for those with them to be compared with.
    pub(crate) fn add(&mut self, hashing: Hashing, logins: f64, outcome: Outcome) {
        let idle = self.lines.iter().rev().find(|line| line.logins == 0.0).filter(|_| logins > 0.0);
        let (idle_p99, idle_kib) = match idle {
            Some(idle) => (idle.idle_p99, idle.idle_kib),
            None => (percentile(&outcome.gets, 0.99), outcome.peak_kib),
        };
        self.lines.push(Line { hashing, logins, outcome, idle_p99, idle_kib });
    }

    fn row(&self, hashing: Hashing, logins: f64) -> Option<Row> {
        let lines: Vec<&Line> = self
            .lines
            .iter()
            .filter(|line| line.hashing == hashing && line.logins == logins)
            .collect();
        let middle = |of: &dyn Fn(&Line) -> f64| {
            let mut values: Vec<f64> = lines.iter().map(|line| of(line)).collect();
            values.sort_by(f64::total_cmp);
            values.get(values.len() / 2).copied()
        };
        let time = |of: &dyn Fn(&Line) -> Duration| middle(&|line| of(line).as_secs_f64() * 1e3);
        Some(Row {
            p50: time(&|line| percentile(&line.outcome.gets, 0.5))?,
            p99: time(&|line| percentile(&line.outcome.gets, 0.99))?,
            max: time(&|line| percentile(&line.outcome.gets, 1.0))?,
            ratio: middle(&|line| {
                percentile(&line.outcome.gets, 0.99).as_secs_f64() / line.idle_p99.as_secs_f64()
            })?,
            served: middle(&|line| line.outcome.logins.len() as f64)?,
            rejected: middle(&|line| line.outcome.rejected.len() as f64)?,
            unanswered: middle(&|line| line.outcome.logins_unanswered as f64)?,
            gets_unanswered: middle(&|line| line.outcome.gets_unanswered as f64)?,
            served_p50: time(&|line| percentile(&line.outcome.logins, 0.5))?,
            served_p99: time(&|line| percentile(&line.outcome.logins, 0.99))?,
            rejected_p99: time(&|line| percentile(&line.outcome.rejected, 0.99))?,
            peak_kib: middle(&|line| line.outcome.peak_kib.unwrap_or(0) as f64)?,
            stopped: lines.iter().any(|line| line.outcome.stopped),
        })
    }

    /// What the documents say a server takes at most, by its own peak without logins.
    fn bounds(&self) -> impl Iterator<Item = (&Line, u64, u64)> {
        let threads = thread::available_parallelism().map_or(1, |cores| (cores.get() / 2).max(1));
        self.lines.iter().filter(|line| line.hashing == Hashing::Pool).filter_map(move |line| {
            let hashing = if line.logins > 0.0 { threads as u64 * HASH_KIB } else { 0 };
            let bound = line.idle_kib? + hashing + REST_KIB;
            Some((line, line.outcome.peak_kib?, bound))
        })
    }

    pub(crate) fn holds(&self) -> bool {
        let (logins, most) = PROMISED;
        let ratio = self.row(Hashing::Pool, logins).map(|row| row.ratio);
        ratio.is_none_or(|ratio| ratio <= most)
            && self.bounds().all(|(_, peak, bound)| peak <= bound)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rates: Vec<f64> = self.lines.iter().map(|line| line.logins).collect();
        rates.sort_by(f64::total_cmp);
        rates.dedup();
        let head = "                    GETs, ms                                         logins  ";
        writeln!(f, "{head}                    ms       server")?;
        let head =
            "logins/s                 p50       p99       max  p99/idle   none     200   503";
        writeln!(f, "{head}  none     p50     p99  503 p99   peak MiB")?;
        for logins in rates {
            for hashing in Hashing::ALL {
                let Some(row) = self.row(hashing, logins) else { continue };
                writeln!(f, "{logins:<5}{:<15}{row}", hashing.name())?;
            }
        }
        writeln!(f)?;
        let (logins, most) = PROMISED;
        if let Some(row) = self.row(Hashing::Pool, logins) {
            writeln!(
                f,
                "p99 of GETs at {logins} logins a second over that without: {:.2} (at most {most})",
                row.ratio
            )?;
        }
        for (line, peak, bound) in self.bounds() {
            writeln!(
                f,
                "memory of the pool at {} logins a second: {} MiB of a bound of {}",
                line.logins,
                mib(peak as f64),
                mib(bound as f64)
            )?;
        }
        Ok(())
    }
}

/// Medians of the rounds; times in milliseconds.
struct Row {
    p50: f64,
    p99: f64,
    max: f64,
    ratio: f64,
    served: f64,
    rejected: f64,
    unanswered: f64,
    gets_unanswered: f64,
    served_p50: f64,
    served_p99: f64,
    rejected_p99: f64,
    peak_kib: f64,
    stopped: bool,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:>9.2}{:>10.2}{:>10.1}{:>10.2}{:>7}{:>8}{:>6}{:>6}{:>8.0}{:>8.0}{:>9.1}{:>11}{}",
            self.p50,
            self.p99,
            self.max,
            self.ratio,
            self.gets_unanswered,
            self.served,
            self.rejected,
            self.unanswered,
            self.served_p50,
            self.served_p99,
            self.rejected_p99,
            mib(self.peak_kib),
            if self.stopped { "  stopped: half of the machine's memory" } else { "" },
        )
    }
}

fn mib(kib: f64) -> String {
    format!("{:.1}", kib / 1024.0)
}

fn percentile(sorted: &[Duration], part: f64) -> Duration {
    let at = (sorted.len() as f64 * part).ceil() as usize;
    sorted.get(at.saturating_sub(1)).copied().unwrap_or_default()
}
