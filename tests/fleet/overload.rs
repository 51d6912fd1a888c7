//! 200 logins at once: memory stays where the documents say, and others are served meanwhile.

use std::collections::BTreeMap;
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::alone;
use crate::service::{PASSWORD, Service};

const LOGINS: usize = 200;

/// Of one computation with the default parameters of `Hasher`. Each of its threads keeps as much, and
/// the queue nothing but passwords.
const HASH_KIB: u64 = 19_456;

/// For a connection with its buffers, a request and what its handler holds. Generous.
const CONNECTION_KIB: u64 = 128;

/// For whatever else a busy process has that an idle one has not: stacks, caches of the database.
const REST_KIB: u64 = 24 * 1024;

#[test]
fn r161_200_logins_at_once_are_answered_in_bounded_memory_and_so_is_everybody_else() {
    let _alone = alone();
    let off = [("LOGIN_RATE", "off"), ("LOGIN_RATE_PER_ADDRESS", "off")];
    burst("without limits of attempts", &off);
    burst("with the default limits", &[]);
}

fn burst(name: &str, variables: &[(&str, &str)]) {
    let service = Service::start(variables);
    assert_eq!(service.send("GET /health", &[], "").status, 200);
    let at_rest = peak_kib(&service);
    let threads = thread::available_parallelism().map_or(1, |cores| (cores.get() / 2).max(1));
    let logins = u64::try_from(LOGINS).unwrap();
    let bound = at_rest + threads as u64 * HASH_KIB + logins * CONNECTION_KIB + REST_KIB;

    let access = service.user("alice");
    let routes = [("GET /health", ""), ("GET /tasks", access.as_str())];
    let ask = |(target, token): (&str, &str)| {
        let begin = Instant::now();
        let answer = service.ask(target, token, "");
        assert_eq!(answer.status, 200, "{target}: {answer:?}");
        begin.elapsed()
    };
    let idle = routes.map(|route| median((0..50).map(|_| ask(route)).collect()));

    let statuses = Mutex::new(BTreeMap::<u16, usize>::new());
    let (start, left) = (Barrier::new(LOGINS + routes.len()), AtomicUsize::new(LOGINS));
    let begin = Instant::now();
    let busy = thread::scope(|scope| {
        for _ in 0..LOGINS {
            scope.spawn(|| {
                start.wait();
                let answer = service.log_in("alice", PASSWORD);
                if answer.status == 503 {
                    assert!(answer.header("retry-after").is_some(), "{answer:?}");
                }
                *statuses.lock().unwrap().entry(answer.status).or_default() += 1;
                left.fetch_sub(1, Ordering::SeqCst);
            });
        }
        let probes = routes.map(|route| {
            let (start, left, ask) = (&start, &left, &ask);
            scope.spawn(move || {
                start.wait();
                let mut times = vec![ask(route)];
                while left.load(Ordering::SeqCst) > 0 {
                    // So that these requests are not the load.
                    thread::sleep(Duration::from_millis(2));
                    times.push(ask(route));
                }
                times
            })
        });
        probes.map(|probe| probe.join().unwrap())
    });
    let (took, peak, statuses) =
        (begin.elapsed(), peak_kib(&service), statuses.into_inner().unwrap());

    println!("{name}: {LOGINS} logins in {took:.1?}: {statuses:?}");
    println!("  memory: {at_rest} KiB at rest, {peak} at the most, bound {bound}");
    for ((route, idle), busy) in routes.iter().zip(idle).zip(busy) {
        let (number, worst) = (busy.len(), *busy.iter().max().unwrap());
        let busy = median(busy);
        let ratio = busy.as_secs_f64() / idle.as_secs_f64();
        println!(
            "  {}: median {idle:.1?} idle, {busy:.1?} in the burst ({number} requests, worst \
             {worst:.1?}): ratio {ratio:.1}",
            route.0
        );
    }
    assert!(statuses.keys().all(|status| [200, 503].contains(status)), "{statuses:?}");
    assert_eq!(statuses.values().sum::<usize>(), LOGINS);
    assert!(statuses.get(&200).is_some_and(|logged_in| *logged_in >= threads), "{statuses:?}");
    assert!(peak <= bound, "{peak} KiB, where {bound} are allowed");
    // And then it is as before.
    assert_eq!(service.log_in("alice", PASSWORD).status, 200);
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// The most physical memory that the process has had.
fn peak_kib(service: &Service) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", service.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
