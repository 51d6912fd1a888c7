//! Limits of failed logins: per account and per address, and whose address it is.

use crate::client::Answer;
use crate::service::{PASSWORD, Service};

/// No attempt comes back while a test runs, however slow the machine.
const PER_ACCOUNT: (&str, &str) = ("LOGIN_RATE", "3/hour");
const PER_ADDRESS: (&str, &str) = ("LOGIN_RATE_PER_ADDRESS", "3/hour");
const BEHIND_A_PROXY: (&str, &str) = ("TRUSTED_PROXIES", "10.0.0.0/8, 127.0.0.1");

fn assert_throttled(answer: &Answer) {
    assert_eq!(answer.status, 429, "{answer:?}");
    assert_eq!(answer.text("error"), "too_many_requests");
    let seconds: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=3600).contains(&seconds), "{answer:?}");
}

#[test]
fn r175_failures_at_one_account_are_limited_and_a_restart_forgives_none() {
    let service = Service::start(&[PER_ACCOUNT]);
    service.user("alice");
    service.user("bob");
    for _ in 0..2 {
        assert_eq!(service.log_in("alice", "wrong").status, 400);
    }
    // A success clears the account.
    assert_eq!(service.log_in("alice", PASSWORD).status, 200);
    for _ in 0..3 {
        assert_eq!(service.log_in("alice", "wrong").status, 400);
    }
    assert_throttled(&service.log_in("alice", PASSWORD));
    assert_eq!(service.log_in("bob", PASSWORD).status, 200);

    let service = service.kill_and_restart(&[PER_ACCOUNT]);
    assert_throttled(&service.log_in("alice", PASSWORD));
    let service = service.kill_and_restart(&[("LOGIN_RATE", "off")]);
    assert_eq!(service.log_in("alice", PASSWORD).status, 200);
}

#[test]
fn pauses_double_unless_they_are_switched_off() {
    for (backoff, least) in [("on", 1000), ("off", 0)] {
        // One comes back every 5 minutes; the first pause lasts for 15.
        let rate = ("LOGIN_RATE", "3/15m");
        let service = Service::start(&[rate, ("LOGIN_BACKOFF", backoff)]);
        for _ in 0..3 {
            assert_eq!(service.log_in("nobody", "wrong").status, 400);
        }
        let answer = service.log_in("nobody", "wrong");
        assert_throttled(&answer);
        let seconds: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert_eq!(seconds > 300, least > 0, "{backoff}: {seconds}");
    }
}

#[test]
fn r175_failures_from_one_address_are_limited_by_the_connection() {
    let service = Service::start(&[PER_ADDRESS]);
    service.user("alice");
    for at in 0..3 {
        // What a client says of itself counts for nothing.
        let address = format!("203.0.113.{at}");
        assert_eq!(service.log_in_from(&address, &format!("nobody{at}"), "wrong").status, 400);
    }
    assert_throttled(&service.log_in("alice", PASSWORD));
    assert_throttled(&service.log_in_from("203.0.113.9", "alice", PASSWORD));
    let log = service.end_of_log();
    assert!(!log.contains("tells no address"), "{log}");
}

#[test]
fn r177_behind_a_trusted_proxy_the_address_is_the_right_most_that_is_not_trusted() {
    let service = Service::start(&[PER_ADDRESS, BEHIND_A_PROXY]);
    service.user("alice");
    for claimed in ["192.0.2.1", "192.0.2.2", "192.0.2.3"] {
        let chain = format!("{claimed}, 203.0.113.7, 10.1.2.3");
        assert_eq!(service.log_in_from(&chain, "nobody", "wrong").status, 400);
    }
    assert_throttled(&service.log_in_from("203.0.113.7", "alice", PASSWORD));
    assert_throttled(&service.log_in_from("1.1.1.1, 203.0.113.7", "alice", PASSWORD));
    assert_eq!(service.log_in_from("203.0.113.8", "alice", PASSWORD).status, 200);
    assert_eq!(service.log_in("alice", PASSWORD).status, 200);
}

#[test]
fn without_a_limit_of_addresses_registrations_have_none() {
    let service = Service::start(&[("LOGIN_RATE_PER_ADDRESS", "off")]);
    // The default is 60, with one more each second.
    let statuses = (0..70).map(|at| service.register(&format!("user{at}")).status);
    assert_eq!(statuses.collect::<Vec<u16>>(), [201; 70]);
}
