//! `kill -9` of one process of two, while clients register, make tasks and refresh at both.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::thread;

use crate::alone;
use crate::client::{self, Answer};
use crate::load::{Count, Load};
use crate::pair::{Pair, borrowed, variables};
use crate::servers::{Postgres, Redis, postgres, redis};
use crate::service::{JSON, PASSWORD, Service};

const CLIENTS: usize = 2;
const SESSIONS: usize = 8;

#[test]
fn nothing_acknowledged_is_lost_by_kill_9_of_one_of_two_processes() {
    let _alone = alone();
    let Some(postgres) = postgres() else { return };
    crash(postgres, None);
    let Some(redis) = redis() else { return };
    crash(postgres, Some(redis));
}

fn crash(postgres: &Postgres, redis: Option<&Redis>) {
    let variables = variables(postgres, redis, &[("REFRESH_REUSE_SECONDS", "0")]);
    let Pair { first, second } = Pair::start(&variables);
    let mut clients: Vec<Client> = (0..CLIENTS)
        .flat_map(|number| {
            [Kind::Registers, Kind::MakesTasks, Kind::Refreshes].map(|it| (number, it))
        })
        .enumerate()
        .map(|(at, (number, kind))| {
            let mut addrs = [first.addr, second.addr];
            addrs.rotate_left(number % 2);
            Client::new(&first, kind, addrs, at)
        })
        .collect();
    let counts: Vec<Count> = clients.iter().map(|_| Count::default()).collect();
    let load = Load::default();
    thread::scope(|scope| {
        for (client, count) in clients.iter_mut().zip(&counts) {
            let load = &load;
            scope.spawn(move || {
                load.work(|| {
                    if client.work() {
                        count.add();
                    }
                });
            });
        }
        load.wait_for(&counts, 10);
        first.kill_9();
        load.wait_for(&counts, 10);
        load.stop();
    });
    let first = first.kill_and_restart(&borrowed(&variables));
    let acknowledged: usize = counts.iter().map(Count::get).sum();
    let unanswered: usize = clients.iter().map(|client| client.unanswered).sum();
    println!("{acknowledged} acknowledged, {unanswered} without an answer");
    assert!(unanswered > 0, "the kill met nobody");
    for (at, client) in clients.iter().enumerate() {
        client.assert_that_nothing_is_lost([&first, &second], at);
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Registers,
    MakesTasks,
    Refreshes,
}

/// Asks one of the processes, and the other one once it gets no answer.
struct Client {
    kind: Kind,
    addrs: [SocketAddr; 2],
    /// Where it comes from.
    network: usize,
    access_token: String,
    rounds: usize,
    unanswered: usize,
    /// What was acknowledged: users by name, tasks by title; refresh tokens that were not sent since.
    names: Vec<String>,
    refresh_tokens: VecDeque<String>,
}

impl Client {
    fn new(service: &Service, kind: Kind, addrs: [SocketAddr; 2], network: usize) -> Self {
        let name = format!("client{network}");
        let access_token = service.user(&name);
        let sessions = if matches!(kind, Kind::Refreshes) { SESSIONS } else { 0 };
        let sessions = (0..sessions).map(|_| service.log_in(&name, PASSWORD).text("refresh_token"));
        Self {
            kind,
            addrs,
            network,
            access_token,
            rounds: 0,
            unanswered: 0,
            names: Vec::new(),
            refresh_tokens: sessions.collect(),
        }
    }

    /// One request. True if it was acknowledged.
    fn work(&mut self) -> bool {
        self.rounds += 1;
        let name = format!("c{}x{}", self.network, self.rounds);
        match self.kind {
            Kind::Registers => {
                let body = format!(r#"{{"username":"{name}","password":"{PASSWORD}"}}"#);
                let answer = self.send("POST /auth/register", &body);
                self.acknowledged(answer, 201, |client, _| client.names.push(name))
            }
            Kind::MakesTasks => {
                let answer = self.send("POST /tasks", &format!(r#"{{"title":"{name}"}}"#));
                self.acknowledged(answer, 201, |client, _| client.names.push(name))
            }
            Kind::Refreshes => {
                // One that gets no answer may be used up or not: nothing was acknowledged. The session
                // is given up.
                let token = self.refresh_tokens.pop_front().unwrap();
                let body = format!(r#"{{"refresh_token":"{token}"}}"#);
                let answer = self.send("POST /auth/refresh", &body);
                self.acknowledged(answer, 200, |client, answer| {
                    client.refresh_tokens.push_back(answer.text("refresh_token"));
                })
            }
        }
    }

    fn send(&self, target: &str, body: &str) -> io::Result<Answer> {
        let bearer = format!("Authorization: Bearer {}", self.access_token);
        // A client for each minute's worth of registrations.
        let address = format!("X-Forwarded-For: 10.{}.0.{}", self.network, self.rounds / 40);
        let mut headers = vec![address.as_str(), JSON];
        headers.extend(matches!(self.kind, Kind::MakesTasks).then_some(bearer.as_str()));
        client::try_send(self.addrs[0], target, &headers, body.as_bytes())
    }

    fn acknowledged(
        &mut self,
        answer: io::Result<Answer>,
        status: u16,
        note: impl FnOnce(&mut Self, &Answer),
    ) -> bool {
        match answer {
            Ok(answer) => {
                assert_eq!(answer.status, status, "{answer:?}");
                note(self, &answer);
                true
            }
            Err(_) => {
                self.unanswered += 1;
                self.addrs.rotate_left(1);
                false
            }
        }
    }

    fn assert_that_nothing_is_lost(&self, services: [&Service; 2], at: usize) {
        let service = services[at % 2];
        match self.kind {
            Kind::Registers => {
                for name in &self.names {
                    assert_eq!(service.log_in(name, PASSWORD).status, 200, "{name}");
                }
            }
            Kind::MakesTasks => {
                let tasks = service.ask("GET /tasks", &self.access_token, "").json();
                let titles: Vec<&str> = tasks
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter_map(|it| it["title"].as_str())
                    .collect();
                for name in &self.names {
                    assert_eq!(titles.iter().filter(|title| *title == name).count(), 1, "{name}");
                }
            }
            Kind::Refreshes => {
                assert!(!self.refresh_tokens.is_empty());
                for token in &self.refresh_tokens {
                    let once = [200, 400];
                    assert_eq!(once.map(|_| service.refresh(token).status), once);
                }
            }
        }
    }
}
