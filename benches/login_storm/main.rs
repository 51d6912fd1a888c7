//! What a login storm does to everybody else.
//!
//! A server of axum answers 2000 verified GETs a second while 20, and then 150, logins a second hash
//! with the default parameters: with the hasher's own pool, with argon2 inline in the handler, and
//! with `tokio::task::spawn_blocking` for each. Servers and load are processes of their own, which
//! share the cores; a server is this program again, started anew for each way of hashing, so that the
//! memory that it took at most is its own.
//!
//! Requests come when they are due, whether the ones before were answered or not, at intervals that
//! are random (Poisson), and a request's time counts from when it was due: a server that stalls does
//! not slow the load down. Logins are of 1000 accounts from as many addresses, with the limits of
//! attempts as they are by default: a login that succeeds is not counted.
//!
//! `cargo bench --bench login_storm --features login`; `-- pool` for one way of hashing, `--seconds 30`
//! for longer phases, `--rounds 5` for more of them, `--smoke` for seconds in all and no judgement.

mod client;
mod load;
mod report;
mod server;

use std::env;
use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use load::Load;
use report::Report;
use server::{Hashing, Server};

const GETS: f64 = 2000.0;
const STORMS: [f64; 2] = [20.0, 150.0];

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).filter(|it| it != "--bench").collect();
    if let [serve, name] = arguments.as_slice()
        && serve == "serve"
    {
        server::serve(Hashing::named(name).ok_or("no such way of hashing")?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let options = Options::read(&arguments)?;
    let mut report = Report::default();
    for round in 1..=options.rounds {
        for hashing in options.ways.iter().copied() {
            eprintln!("round {round} of {}: {}", options.rounds, hashing.name());
            run(hashing, &options, &mut report)?;
        }
    }
    print!("{report}");
    let good = options.is_smoke || report.holds();
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// One server, from its start to its end.
fn run(hashing: Hashing, options: &Options, report: &mut Report) -> Result<(), Box<dyn Error>> {
    let server = Server::start(hashing)?;
    let phase =
        |logins, seconds| Load { gets: GETS, logins, seconds, grace: options.grace }.run(&server);
    // Connections, caches and branch predictors; no login, whose memory would count as the idle server's.
    phase(0.0, options.seconds.min(2.0))?;
    let idle = phase(0.0, options.seconds)?;
    report.add(hashing, 0.0, idle);
    for logins in STORMS {
        report.add(hashing, logins, phase(logins, options.seconds)?);
    }
    Ok(())
}

struct Options {
    ways: Vec<Hashing>,
    rounds: usize,
    seconds: f64,
    /// How long after its end a phase waits for answers.
    grace: Duration,
    is_smoke: bool,
}

impl Options {
    fn read(arguments: &[String]) -> Result<Self, Box<dyn Error>> {
        let mut options = Self {
            ways: Vec::new(),
            rounds: 3,
            seconds: 15.0,
            grace: Duration::from_secs(30),
            is_smoke: false,
        };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} takes a number"));
            match argument.as_str() {
                "--smoke" => {
                    options.is_smoke = true;
                    (options.rounds, options.seconds) = (1, 0.5);
                    options.grace = Duration::from_secs(10);
                }
                "--rounds" => options.rounds = value()?.parse()?,
                "--seconds" => options.seconds = value()?.parse()?,
                name => options.ways.push(
                    Hashing::named(name).ok_or_else(|| format!("no way of hashing: {name}"))?,
                ),
            }
        }
        if options.ways.is_empty() {
            options.ways = Hashing::ALL.to_vec();
        }
        Ok(options)
    }
}
