//! Requests that come when they are due.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::server::{ACCOUNTS, PASSWORD, Server, username};

/// Connections that stay open for the GETs: the most of them that are answered at once.
const CONNECTIONS: usize = 64;

pub(crate) struct Load {
    /// A second.
    pub(crate) gets: f64,
    /// A second.
    pub(crate) logins: f64,
    pub(crate) seconds: f64,
    pub(crate) grace: Duration,
}

/// What came of it. Times count from when a request was due.
#[derive(Default)]
pub(crate) struct Outcome {
    /// In the order of their length. One without an answer counts as answered at the end, and so
    /// with less than its time.
    pub(crate) gets: Vec<Duration>,
    pub(crate) gets_unanswered: usize,
    pub(crate) logins: Vec<Duration>,
    pub(crate) rejected: Vec<Duration>,
    pub(crate) logins_unanswered: usize,
    /// The most physical memory that the server has had since its start.
    pub(crate) peak_kib: Option<u64>,
    /// The server took more than half of the memory that was there.
    pub(crate) stopped: bool,
}

impl Load {
    pub(crate) fn run(&self, server: &Server) -> Result<Outcome, Box<dyn Error>> {
        let (gets, logins) = (self.schedule(self.gets)?, self.schedule(self.logins)?);
        let requests: Vec<String> = (0..ACCOUNTS).map(|number| login(server, number)).collect();
        let get = format!(
            "GET /hello HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\r\n",
            server.address, server.token
        );
        // Once all threads are there.
        let start = Instant::now() + Duration::from_millis(100);
        let deadline = start + Duration::from_secs_f64(self.seconds) + self.grace;
        let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
        let outcome = Mutex::new(Outcome::default());
        let is_over = AtomicBool::new(false);
        thread::scope(|scope| {
            let watch = scope.spawn(|| watch_memory(server, &is_over));
            let getters: Vec<_> = (0..CONNECTIONS)
                .map(|_| {
                    scope.spawn(|| {
                        let (times, unanswered) =
                            ask(server.address, &get, start, &gets, &next, deadline, &failed);
                        let mut outcome = outcome.lock().expect("no thread panics with it");
                        outcome.gets.extend(times);
                        outcome.gets_unanswered += unanswered;
                    })
                })
                .collect();
            let mut clients = Vec::new();
            for (number, due) in logins.iter().enumerate() {
                let due = start + *due;
                thread::sleep(due.saturating_duration_since(Instant::now()));
                let request = &requests[number % ACCOUNTS];
                let (outcome, failed) = (&outcome, &failed);
                let client = thread::Builder::new().stack_size(64 * 1024);
                let client = client.spawn_scoped(scope, move || {
                    let status = Client::connect(server.address, deadline)
                        .and_then(|mut client| client.ask(request.as_bytes()));
                    let took = due.elapsed();
                    let mut outcome = outcome.lock().expect("no thread panics with it");
                    match status {
                        Ok(200) => outcome.logins.push(took),
                        Ok(503) => outcome.rejected.push(took),
                        Ok(_) => failed.store(true, Ordering::Relaxed),
                        Err(_) => outcome.logins_unanswered += 1,
                    }
                });
                clients.push(client);
            }
            for thread in getters {
                thread.join().expect("it does not panic");
            }
            for client in clients {
                client.expect("the system has threads").join().expect("it does not panic");
            }
            is_over.store(true, Ordering::Relaxed);
            let (peak_kib, stopped) = watch.join().expect("it does not panic");
            let mut outcome = outcome.lock().expect("no thread panics with it");
            (outcome.peak_kib, outcome.stopped) = (peak_kib, stopped);
        });
        if failed.into_inner() {
            return Err("an answer was neither 200 nor, to a login, 503".into());
        }
        let mut outcome = outcome.into_inner()?;
        outcome.gets.sort_unstable();
        outcome.logins.sort_unstable();
        outcome.rejected.sort_unstable();
        Ok(outcome)
    }

    /// When requests are due: a Poisson process, so that GETs and logins don't keep step.
    fn schedule(&self, rate: f64) -> Result<Vec<Duration>, Box<dyn Error>> {
        let mut schedule = Vec::new();
        let mut at = 0.0;
        if rate == 0.0 {
            return Ok(schedule);
        }
        loop {
            // Of the 53 bits that a float holds exactly, and above zero.
            let uniform = ((getrandom::u64()? >> 11) + 1) as f64 / (1_u64 << 53) as f64;
            at -= uniform.ln() / rate;
            if at >= self.seconds {
                return Ok(schedule);
            }
            schedule.push(Duration::from_secs_f64(at));
        }
    }
}

fn login(server: &Server, number: usize) -> String {
    let body = format!(r#"{{"username":"{}","password":"{PASSWORD}"}}"#, username(number));
    format!(
        "POST /auth/login HTTP/1.1\r\nHost: {}\r\nX-Forwarded-For: 10.0.{}.{}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        server.address,
        number / 250,
        1 + number % 250,
        body.len()
    )
}

/// Takes the next request that is due until none is left, over one connection: the times, and how many
/// had no answer.
fn ask(
    address: SocketAddr,
    request: &str,
    start: Instant,
    schedule: &[Duration],
    next: &AtomicUsize,
    deadline: Instant,
    failed: &AtomicBool,
) -> (Vec<Duration>, usize) {
    let (mut times, mut unanswered) = (Vec::new(), 0);
    let mut client = Client::connect(address, deadline).ok();
    while let Some(due) = schedule.get(next.fetch_add(1, Ordering::Relaxed)) {
        let due = start + *due;
        thread::sleep(due.saturating_duration_since(Instant::now()));
        match client.as_mut().and_then(|client| client.ask(request.as_bytes()).ok()) {
            Some(status) => {
                times.push(due.elapsed());
                if status != 200 {
                    failed.store(true, Ordering::Relaxed);
                }
            }
            None => {
                client = None;
                unanswered += 1;
                times.push(deadline.saturating_duration_since(due));
            }
        }
    }
    (times, unanswered)
}

/// Stops a server that would take the machine's memory: the most that it had, and whether it was
/// stopped.
fn watch_memory(server: &Server, is_over: &AtomicBool) -> (Option<u64>, bool) {
    let available = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
        line.trim().trim_end_matches(" kB").parse::<u64>().ok()
    });
    let limit = available.map_or(u64::MAX, |available| available / 2);
    let mut most = None;
    loop {
        // Read before the memory, so that the last reading is of the end.
        let was_over = is_over.load(Ordering::Relaxed);
        if let Some((now, peak)) = server.memory_kib() {
            most = Some(peak);
            if now > limit {
                server.stop();
                return (most, true);
            }
        }
        if was_over {
            return (most, false);
        }
        thread::sleep(Duration::from_millis(50));
    }
}
