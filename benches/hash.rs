//! What the hasher costs beyond argon2.
//!
//! The default parameters, four times over: argon2 with memory that each hash allocates (`raw`), with
//! memory that is there already (`raw, kept`), which is the least that it can take, and `Hasher::hash`
//! and `Hasher::verify`, from the caller to a thread of the pool and back. The table at the end has
//! medians, and the pages that the system has to bring in for each hash.
//!
//! `cargo bench --bench hash --features password`; `-- --smoke` for one of each and no judgement.

use std::env;
use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::time::{Duration, Instant};

use argon2::{Argon2, Block, Params};
use criterion::Criterion;
use tower_bearer::Hasher;

const PASSWORD: &str = "correct horse battery staple";
const SALT: &[u8] = b"sixteen byte salt";

fn main() -> Result<(), Box<dyn Error>> {
    let is_smoke = env::args().any(|argument| argument == "--smoke");
    let criterion = Criterion::default().sample_size(20).measurement_time(Duration::from_secs(4));
    let mut bench = Bench {
        criterion: if is_smoke { criterion } else { criterion.configure_from_args() },
        is_smoke,
        rows: Vec::new(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let hasher = Hasher::new();
    let stored = runtime.block_on(hasher.hash(PASSWORD))?;
    assert!(stored.contains("m=19456,t=2,p=1"), "the defaults of both are the same: {stored}");

    let argon2 = Argon2::default();
    let mut output = [0; 32];
    bench.measure("raw", || {
        argon2.hash_password_into(PASSWORD.as_bytes(), SALT, &mut output).expect("it is valid");
    });
    let mut memory = vec![Block::new(); Params::DEFAULT.block_count()];
    bench.measure("raw, kept", || {
        argon2
            .hash_password_into_with_memory(PASSWORD.as_bytes(), SALT, &mut output, &mut memory)
            .expect("it is valid");
    });
    drop(memory);
    bench.measure("hash", || {
        black_box(runtime.block_on(hasher.hash(PASSWORD)).expect("the queue is empty"));
    });
    bench.measure("verify", || {
        let found = runtime.block_on(hasher.verify(PASSWORD, Some(&stored)));
        assert!(found.expect("the queue is empty").is_match());
    });
    bench.measure("unknown user", || {
        let found = runtime.block_on(hasher.verify(PASSWORD, None));
        assert!(!found.expect("the queue is empty").is_match());
    });
    bench.criterion.final_summary();
    bench.print();
    Ok(())
}

struct Bench {
    criterion: Criterion,
    is_smoke: bool,
    rows: Vec<Row>,
}

struct Row {
    name: &'static str,
    /// In milliseconds.
    median: f64,
    /// A hash; nothing where the system does not say.
    page_faults: Option<f64>,
}

impl Bench {
    fn measure(&mut self, name: &'static str, mut run: impl FnMut()) {
        // What a thread of the pool takes once is not the hash's.
        run();
        let mut times = Vec::new();
        let before = page_faults();
        let mut time = |calls: u64| {
            let mut all = Duration::ZERO;
            for _ in 0..calls {
                let begin = Instant::now();
                run();
                times.push(begin.elapsed());
                all += times[times.len() - 1];
            }
            all
        };
        if self.is_smoke {
            time(1);
        } else {
            self.criterion.bench_function(name, |bencher| bencher.iter_custom(&mut time));
        }
        times.sort_unstable();
        // None where a filter on the command line left it out.
        let Some(median) = times.get(times.len() / 2) else { return };
        let page_faults = page_faults().zip(before);
        self.rows.push(Row {
            name,
            median: median.as_secs_f64() * 1e3,
            page_faults: page_faults
                .map(|(after, before)| (after - before) as f64 / times.len() as f64),
        });
    }

    fn print(&self) {
        let kept = self.rows.iter().find(|row| row.name == "raw, kept").map(|row| row.median);
        println!("\n                  ms  / raw, kept  page faults");
        for Row { name, median, page_faults } in &self.rows {
            let ratio = kept.map_or("-".to_owned(), |kept| format!("{:.3}", median / kept));
            let faults = page_faults.map_or("-".to_owned(), |faults| format!("{faults:.0}"));
            println!("{name:<14}{median:>6.2}{ratio:>13}{faults:>13}");
        }
    }
}

/// Those of all threads of this process so far that took no reading of a disk: proc(5), `minflt`.
fn page_faults() -> Option<u64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(7)?.parse().ok()
}
