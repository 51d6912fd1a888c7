//! What the layer costs over HTTP: requests a second of a service of axum, with it and without.
//!
//! `wrk` asks a server on the loopback address, over 32 connections that stay open, as fast as it
//! answers. The server is this program again, in a process of its own, with one listener for each
//! service: with the layer, and without it, asked with the same headers. The two are asked in turn,
//! for as many rounds as `--rounds` says, and the ratio of each round counts: what else the machine
//! does changes from one to the next.
//!
//! Two routes: one that answers `hello`, which is the least that a service can do, and one that answers
//! a page of 20 tasks as JSON. What was promised is judged at the latter; the former says what it would
//! be at the worst.
//!
//! On Linux the server has one core and `wrk` another, by `taskset`, so that neither takes the other's
//! time; a ratio says what the layer adds to the work of the server's core as long as that core is
//! busy, which the table has too.
//!
//! `cargo bench --bench loopback --features cache`; `-- --rounds 15 --seconds 5` for more, `--smoke`
//! for seconds in all and no judgement. Without `wrk` it says "skipped".

mod server;

use std::env;
use std::error::Error;
use std::process::{Command, ExitCode};
use std::thread;

use server::{CASES, Case, ROUTES, Server};

/// More than the server has in work at once, so that it never waits for `wrk`.
const CONNECTIONS: &str = "32";

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).filter(|it| it != "--bench").collect();
    if arguments == ["serve"] {
        server::serve()?;
        return Ok(ExitCode::SUCCESS);
    }
    let Options { rounds, seconds, is_smoke } = Options::read(&arguments)?;
    if Command::new("wrk").arg("-v").output().is_err() {
        println!("skipped: no wrk");
        return Ok(ExitCode::SUCCESS);
    }
    let cores = Cores::find();
    let server = Server::start(&cores.prefix(0))?;
    println!("{}", cores.sentence());
    println!(
        "                                   requests/s           with /   at       CPU, us a request   core of the"
    );
    println!(
        "                               without      with   without   least    without   with  added   server busy"
    );
    let mut is_good = true;
    for (route, case) in ROUTES.iter().flat_map(|route| CASES.iter().map(move |case| (route, case)))
    {
        let mut measured = Vec::new();
        for round in 0..rounds {
            // Each comes first as often as the other.
            let first_with = round % 2 == 1;
            let first = load(&server, case, first_with, route, seconds, &cores)?;
            let second = load(&server, case, !first_with, route, seconds, &cores)?;
            measured.push(if first_with { (second, first) } else { (first, second) });
        }
        let middle = |of: &dyn Fn(&(Load, Load)) -> f64| {
            let mut values: Vec<f64> = measured.iter().map(of).collect();
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        };
        let ratio = middle(&|(bare, with)| with.requests / bare.requests);
        println!(
            "{route:<8}{:<20}{:>10.0}{:>10.0}{ratio:>10.3}{:>8}{:>11.2}{:>7.2}{:>7.2}{:>14.2}",
            case.name,
            middle(&|(bare, _)| bare.requests),
            middle(&|(_, with)| with.requests),
            case.least
                .filter(|_| *route != "/hello")
                .map_or("-".to_owned(), |least| least.to_string()),
            middle(&|(bare, _)| bare.cpu_us),
            middle(&|(_, with)| with.cpu_us),
            middle(&|(bare, with)| with.cpu_us - bare.cpu_us),
            middle(&|(bare, with)| bare.busy.min(with.busy)),
        );
        is_good &= is_smoke || *route == "/hello" || case.least.is_none_or(|least| ratio >= least);
    }
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What one run of `wrk` found.
struct Load {
    /// A second.
    requests: f64,
    /// Time of processors that the server took for one request, kernel included.
    cpu_us: f64,
    /// The part of one core that the server took.
    busy: f64,
}

fn load(
    server: &Server,
    case: &Case,
    with: bool,
    route: &str,
    seconds: u32,
    cores: &Cores,
) -> Result<Load, Box<dyn Error>> {
    let listener = server.listener(case, with)?;
    let before = server.cpu_seconds()?;
    let output = cores
        .command(1, "wrk")
        .args(["-t1", "-c", CONNECTIONS, "-d", &format!("{seconds}s")])
        .args(["-H", &format!("Authorization: Bearer {}", listener.token)])
        .arg(format!("http://{}{route}", listener.address))
        .output()?;
    let cpu = server.cpu_seconds()? - before;
    let text = String::from_utf8(output.stdout)?;
    // `wrk` writes these lines only where there is something to tell.
    if text.contains("Non-2xx") || text.contains("Socket errors") {
        return Err(format!("{}: not every answer was right:\n{text}", case.name).into());
    }
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.trim().strip_prefix(name))?;
        line.trim().parse::<f64>().ok()
    };
    let requests = field("Requests/sec:").ok_or_else(|| format!("wrk did not say: {text}"))?;
    let busy = cpu / f64::from(seconds);
    Ok(Load { requests, cpu_us: busy * 1e6 / requests, busy })
}

/// Which cores the two processes run on: nothing where that can't be chosen.
struct Cores {
    pinned: bool,
}

impl Cores {
    fn find() -> Self {
        let several = thread::available_parallelism().is_ok_and(|cores| cores.get() > 1);
        let taskset = Command::new("taskset").args(["-c", "0,1", "true"]).output();
        Self { pinned: several && taskset.is_ok_and(|output| output.status.success()) }
    }

    fn prefix(&self, core: usize) -> Vec<String> {
        if self.pinned {
            vec!["taskset".to_owned(), "-c".to_owned(), core.to_string()]
        } else {
            Vec::new()
        }
    }

    fn command(&self, core: usize, program: &str) -> Command {
        server::command(&self.prefix(core), program.as_ref())
    }

    fn sentence(&self) -> &'static str {
        if self.pinned {
            "The server runs on core 0, wrk on core 1."
        } else {
            "The server and wrk share the cores."
        }
    }
}

struct Options {
    rounds: usize,
    /// Of one run of `wrk`.
    seconds: u32,
    is_smoke: bool,
}

impl Options {
    fn read(arguments: &[String]) -> Result<Self, Box<dyn Error>> {
        let mut options = Self { rounds: 9, seconds: 2, is_smoke: false };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} takes a number"));
            match argument.as_str() {
                "--smoke" => (options.rounds, options.seconds, options.is_smoke) = (1, 1, true),
                "--rounds" => options.rounds = value()?.parse()?,
                "--seconds" => options.seconds = value()?.parse()?,
                other => return Err(format!("no such option: {other}").into()),
            }
        }
        Ok(options)
    }
}
