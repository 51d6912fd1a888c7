//! PostgreSQL and Redis stopped and started again, while clients ask for everything.

use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;

use crate::alone;
use crate::client::Answer;
use crate::load::{Count, Load};
use crate::pair::{Pair, variables};
use crate::servers::{Postgres, Redis, redis};
use crate::service::{PASSWORD, Service};

/// Attempts are counted, and none is refused.
const LIMITS: [(&str, &str); 2] =
    [("LOGIN_RATE", "100000/hour"), ("LOGIN_RATE_PER_ADDRESS", "100000/hour")];

#[test]
fn postgresql_may_stop_and_start_again_under_load() {
    let _alone = alone();
    // A server of its own, which no other test misses.
    let Some(postgres) = Postgres::start() else { return };
    for redis in [None].into_iter().chain(redis().map(Some)) {
        let pair = Pair::start(&variables(&postgres, redis, &LIMITS));
        outage(&pair, |_| 503, || postgres.stop(), || postgres.resume());
    }
}

/// Sessions are in Redis. What is counted there is counted in the process meanwhile, so that
/// attempts go on; whether a token is revoked can't be told, so that none is taken.
#[test]
fn redis_may_stop_and_start_again_under_load() {
    let _alone = alone();
    let (Some(postgres), Some(redis)) = (crate::servers::postgres(), Redis::start()) else {
        return;
    };
    let pair = Pair::start(&variables(postgres, Some(&redis), &LIMITS));
    let meanwhile = |request| match request {
        Request::Register => 201,
        Request::GuessAPassword => 400,
        Request::ReadByApiKey => 200,
        _ => 503,
    };
    outage(&pair, meanwhile, || redis.stop(), || redis.resume());
}

#[derive(Clone, Copy, Debug)]
enum Request {
    Register,
    LogIn,
    GuessAPassword,
    Refresh,
    Me,
    ListTasks,
    MakeTask,
    ReadByApiKey,
}

use Request::*;

const ALL: [Request; 8] =
    [Register, LogIn, GuessAPassword, Refresh, Me, ListTasks, MakeTask, ReadByApiKey];

impl Request {
    fn status(self) -> u16 {
        match self {
            Self::Register | Self::MakeTask => 201,
            Self::GuessAPassword => 400,
            _ => 200,
        }
    }
}

const UP: u8 = 0;
const STOPPING: u8 = 1;
const DOWN: u8 = 2;
const BACK: u8 = 3;

/// All requests at both processes, while the server is up, down and back: what they are to be
/// answered with meanwhile says `meanwhile`.
fn outage(
    pair: &Pair,
    meanwhile: impl Fn(Request) -> u16 + Sync,
    stop: impl FnOnce(),
    resume: impl FnOnce(),
) {
    let mut clients: Vec<Client> = [(0, &pair.first), (1, &pair.second)]
        .into_iter()
        .map(|(at, it)| Client::new(it, at))
        .collect();
    let counts: Vec<[[Count; 4]; ALL.len()]> = clients.iter().map(|_| Default::default()).collect();
    let (phase, load, meanwhile) = (AtomicU8::new(UP), Load::default(), &meanwhile);
    let counts_of = |phase: u8| counts.iter().flatten().map(move |it| &it[usize::from(phase)]);
    thread::scope(|scope| {
        for (client, counts) in clients.iter_mut().zip(&counts) {
            let (phase, load) = (&phase, &load);
            scope.spawn(move || {
                load.work(|| {
                    let health = client.service.send("GET /health", &[], "");
                    assert_eq!(health.status, 200, "{health:?}");
                    for (request, counts) in ALL.into_iter().zip(counts) {
                        let before = phase.load(Ordering::SeqCst);
                        let answer = client.ask(request);
                        let after = phase.load(Ordering::SeqCst);
                        let status = answer.status;
                        if status == 503 {
                            assert!(answer.header("retry-after").is_some(), "{answer:?}");
                        }
                        let (up, down) = (request.status(), meanwhile(request));
                        match (before, after) {
                            (UP, UP) => assert_eq!(status, up, "{request:?}: {answer:?}"),
                            (DOWN, DOWN) => assert_eq!(status, down, "{request:?}: {answer:?}"),
                            // Half of it may have been done before, or after.
                            _ => assert!(
                                [up, down, 503].contains(&status),
                                "{request:?}: {answer:?}"
                            ),
                        }
                        // Afterwards only what is as it was before counts.
                        if before == after && (before != BACK || status == up) {
                            counts[usize::from(before)].add();
                        }
                    }
                });
            });
        }
        load.wait_for(counts_of(UP), 2);
        phase.store(STOPPING, Ordering::SeqCst);
        stop();
        phase.store(DOWN, Ordering::SeqCst);
        load.wait_for(counts_of(DOWN), 2);
        phase.store(STOPPING, Ordering::SeqCst);
        resume();
        phase.store(BACK, Ordering::SeqCst);
        load.wait_for(counts_of(BACK), 2);
        load.stop();
    });
    for client in &mut clients {
        for request in ALL {
            let answer = client.ask(request);
            assert_eq!(answer.status, request.status(), "{request:?}: {answer:?}");
        }
    }
}

struct Client<'a> {
    service: &'a Service,
    number: usize,
    user: String,
    access_token: String,
    /// None where it may be used up: a request that failed half-way can have been done.
    refresh_token: Option<String>,
    key: String,
    registered: usize,
    guesses: usize,
}

impl<'a> Client<'a> {
    fn new(service: &'a Service, number: usize) -> Self {
        let user = format!("user{number}");
        let access_token = service.user(&user);
        let body = r#"{"name":"x","scopes":["data:read"]}"#;
        let key = service.ask("POST /auth/api-keys", &access_token, body).text("key");
        let key = format!("X-API-Key: {key}");
        Self {
            service,
            number,
            user,
            access_token,
            refresh_token: None,
            key,
            registered: 0,
            guesses: 0,
        }
    }

    fn ask(&mut self, request: Request) -> Answer {
        let Self { service, user, access_token, .. } = self;
        match request {
            Request::Register => {
                self.registered += 1;
                let (number, registered) = (self.number, self.registered);
                let body =
                    format!(r#"{{"username":"u{number}x{registered}","password":"{PASSWORD}"}}"#);
                let address = format!("X-Forwarded-For: 10.{number}.{}.1", registered / 40);
                let headers = [address.as_str(), crate::service::JSON];
                service.send("POST /auth/register", &headers, body)
            }
            Request::LogIn => service.log_in(user, PASSWORD),
            Request::GuessAPassword => {
                // 100 failures in a row at one name would be its last for a while.
                self.guesses += 1;
                service.log_in(&format!("nobody{}", self.guesses), "wrong")
            }
            Request::Refresh => {
                let answer = match self.refresh_token.take() {
                    Some(token) => service.refresh(&token),
                    None => service.log_in(user, PASSWORD),
                };
                if answer.status == 200 {
                    self.refresh_token = Some(answer.text("refresh_token"));
                }
                answer
            }
            Request::Me => service.ask("GET /auth/me", access_token, ""),
            Request::ListTasks => service.ask("GET /tasks", access_token, ""),
            Request::MakeTask => service.ask("POST /tasks", access_token, r#"{"title":"x"}"#),
            Request::ReadByApiKey => service.send("GET /public-api/data", &[&self.key], ""),
        }
    }
}
