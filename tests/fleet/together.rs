//! What two processes on the same servers do as if they were one.

use std::sync::Barrier;
use std::thread;

use serde_json::json;

use crate::alone;
use crate::client::Answer;
use crate::pair::{Pair, Variables, variables};
use crate::servers::{postgres, redis};
use crate::service::PASSWORD;

/// PostgreSQL alone, and with Redis: for each a pair with these variables and their own.
fn pairs(more: &[(&'static str, &str)]) -> Vec<(&'static str, Variables)> {
    let Some(postgres) = postgres() else { return Vec::new() };
    let mut pairs = vec![("PostgreSQL", variables(postgres, None, more))];
    if let Some(redis) = redis() {
        pairs.push(("PostgreSQL and Redis", variables(postgres, Some(redis), more)));
    }
    pairs
}

/// Does all of it at once, and answers with what came of each.
fn at_once(number: usize, work: impl Fn(usize) -> Answer + Sync) -> Vec<Answer> {
    let (start, work) = (Barrier::new(number), &work);
    thread::scope(|scope| {
        let start = &start;
        let threads = (0..number).map(|at| {
            scope.spawn(move || {
                start.wait();
                work(at)
            })
        });
        let threads: Vec<_> = threads.collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

fn count(answers: &[Answer], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}

#[test]
fn two_processes_start_at_once_on_an_empty_database() {
    let _alone = alone();
    let admin = [("ADMIN_USERNAME", "root"), ("ADMIN_PASSWORD", "a long password")];
    let file = vec![("JWT_SECRET", crate::service::SECRET.to_owned())];
    let file: Variables = file
        .into_iter()
        .chain([("JWT_ISSUER", "https://issuer.example".to_owned())])
        .chain(admin.map(|(name, value)| (name, value.to_owned())))
        .collect();
    for (name, variables) in pairs(&admin).into_iter().chain([("SQLite", file)]) {
        let pair = Pair::start(&variables);
        let access = pair.first.user("alice");
        assert_eq!(pair.second.ask("POST /tasks", &access, r#"{"title":"x"}"#).status, 201);
        assert_eq!(pair.first.ask("GET /tasks", &access, "").json()[0]["title"], "x", "{name}");
        for service in [&pair.first, &pair.second] {
            let root = service.log_in("root", "a long password").text("access_token");
            assert_eq!(service.ask("GET /reports", &root, "").status, 200, "{name}");
        }
    }
}

#[test]
fn r111_of_50_refreshes_at_once_across_two_processes_one_wins() {
    let _alone = alone();
    for (name, variables) in pairs(&[("REFRESH_REUSE_SECONDS", "0")]) {
        let pair = Pair::start(&variables);
        pair.first.user("alice");
        let tokens = pair.second.log_in("alice", PASSWORD);
        let token = tokens.text("refresh_token");
        let answers = at_once(50, |at| pair.of(at).refresh(&token));
        assert_eq!(count(&answers, 200), 1, "{name}: {answers:?}");
        assert_eq!(count(&answers, 400), 49, "{name}: {answers:?}");
        // The others were reuse, which ends the session: for the winner, and on both.
        let winner = answers.iter().find(|answer| answer.status == 200).unwrap();
        for service in [&pair.first, &pair.second] {
            assert_eq!(service.refresh(&winner.text("refresh_token")).status, 400, "{name}");
            let access = winner.text("access_token");
            assert_eq!(service.ask("GET /tasks", &access, "").status, 401, "{name}");
        }
        assert_eq!(pair.first.log_in("alice", PASSWORD).status, 200, "{name}");
    }
}

#[test]
fn r113_within_the_reuse_interval_50_refreshes_across_two_processes_get_one_successor() {
    let _alone = alone();
    for (name, variables) in pairs(&[("REFRESH_REUSE_SECONDS", "60")]) {
        let pair = Pair::start(&variables);
        pair.first.user("alice");
        let token = pair.second.log_in("alice", PASSWORD).text("refresh_token");
        let answers = at_once(50, |at| pair.of(at).refresh(&token));
        assert_eq!(count(&answers, 200), 50, "{name}: {answers:?}");
        let successor = answers[0].text("refresh_token");
        let same = answers.iter().all(|answer| answer.text("refresh_token") == successor);
        assert!(same, "{name}: {answers:?}");
        assert_eq!(pair.second.refresh(&successor).status, 200, "{name}");
    }
}

#[test]
fn r175_wrong_logins_spread_over_two_processes_are_throttled_as_one() {
    let _alone = alone();
    let limits = [("LOGIN_RATE", "5/hour"), ("LOGIN_RATE_PER_ADDRESS", "8/hour")];
    for (name, variables) in pairs(&limits) {
        let pair = Pair::start(&variables);
        pair.first.user("alice");
        pair.first.user("bob");
        let fail = |at: usize, address: &str, user: &str| {
            let status = pair.of(at).log_in_from(address, user, "wrong").status;
            assert_eq!(status, 400, "{name}: {at}");
        };
        // One account, from many addresses.
        for at in 0..5 {
            fail(at, &format!("192.0.2.{at}"), "alice");
        }
        // One address, at many accounts.
        for at in 0..8 {
            fail(at, "203.0.113.1", &format!("nobody{at}"));
        }
        for service in [&pair.first, &pair.second] {
            for (address, user) in [("192.0.2.77", "alice"), ("203.0.113.1", "bob")] {
                let refused = service.log_in_from(address, user, PASSWORD);
                assert_eq!(refused.status, 429, "{name}: {refused:?}");
                assert!(refused.header("retry-after").is_some(), "{refused:?}");
            }
            assert_eq!(service.log_in_from("192.0.2.78", "bob", PASSWORD).status, 200, "{name}");
        }
    }
}

#[test]
fn r178_wrong_logins_at_once_at_two_processes_get_no_further_than_the_limit() {
    let _alone = alone();
    let limits = [("LOGIN_RATE", "5/hour"), ("LOGIN_RATE_PER_ADDRESS", "off")];
    for (name, variables) in pairs(&limits) {
        let pair = Pair::start(&variables);
        pair.first.user("alice");
        let answers = at_once(40, |at| pair.of(at).log_in("alice", "wrong"));
        assert_eq!(count(&answers, 400), 5, "{name}: {answers:?}");
        assert_eq!(count(&answers, 429), 35, "{name}: {answers:?}");
    }
}

#[test]
fn r128_a_logout_at_one_process_is_seen_by_the_other_at_once() {
    let _alone = alone();
    for (name, variables) in pairs(&[]) {
        let pair = Pair::start(&variables);
        pair.first.user("alice");
        for (target, body) in [
            ("POST /auth/logout", ""),
            ("DELETE /auth/sessions?all=true", ""),
            ("POST /auth/revoke", "token"),
        ] {
            let tokens = pair.first.log_in("alice", PASSWORD);
            let access = tokens.text("access_token");
            let key = pair.first.ask("GET /tasks", &access, "");
            assert_eq!((key.status, key.json()), (200, json!([])), "{name}");
            assert_eq!(pair.second.ask("GET /tasks", &access, "").status, 200, "{name}");
            let ended = if body.is_empty() {
                pair.first.ask(target, &access, "").status
            } else {
                pair.first.post_form("/auth/revoke", &[], &format!("token={access}")).status
            };
            assert!([200, 204].contains(&ended), "{name}: {target}: {ended}");
            for service in [&pair.second, &pair.first] {
                for route in ["GET /tasks", "GET /auth/me", "GET /users/me", "GET /items"] {
                    let refused = service.ask(route, &access, "");
                    assert_eq!(refused.status, 401, "{name}: {target}, {route}");
                }
            }
        }
    }
}

#[test]
fn an_api_key_that_is_revoked_at_one_process_is_refused_by_the_other() {
    let _alone = alone();
    for (name, variables) in pairs(&[]) {
        let pair = Pair::start(&variables);
        let access = pair.first.user("alice");
        let body = r#"{"name":"x","scopes":["data:read"]}"#;
        let made = pair.first.ask("POST /auth/api-keys", &access, body);
        let header = format!("X-API-Key: {}", made.text("key"));
        let read = || pair.second.send("GET /public-api/data", &[&header], "").status;
        assert_eq!(read(), 200, "{name}");
        let path = format!("DELETE /auth/api-keys/{}", made.text("id"));
        assert_eq!(pair.first.ask(&path, &access, "").status, 204, "{name}");
        assert_eq!(read(), 401, "{name}");
    }
}
