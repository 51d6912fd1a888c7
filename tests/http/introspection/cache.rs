//! What is remembered, and for how long (requirement 133).

use std::time::Duration;

use serde_json::json;
use tower::{Layer, Service};
use tower_bearer::{AuthErrorKind, Clock};

use super::server::{
    NOW, Server, active, active_with, active_without, inactive, json_answer, status, verify,
    verify_all,
};
use crate::support::bearer;

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn r133_a_hundred_requests_at_once_ask_once() {
    for (answer, expected) in [(active(), None), (inactive(), Some(AuthErrorKind::Inactive))] {
        let server = Server::says(answer);
        let (verifier, _) = server.verifier(|builder| builder);
        for found in verify_all(&verifier, vec!["opaque".to_owned(); 100]).await {
            assert_eq!(found.err(), expected);
        }
        assert_eq!(server.calls(), 1);
    }
}

#[tokio::test]
async fn r133_those_who_wait_share_a_failure_and_what_is_not_remembered() {
    for (answer, expected) in [
        (status(500), Some(AuthErrorKind::Unavailable)),
        (json_answer(&inactive()), Some(AuthErrorKind::Inactive)),
        (json_answer(&active()), None),
    ] {
        let server = Server::new(move |_| answer.clone());
        let (verifier, _) = server.verifier(|builder| {
            builder.cache_for(Duration::ZERO).cache_inactive_for(Duration::ZERO)
        });
        for found in verify_all(&verifier, vec!["opaque".to_owned(); 100]).await {
            assert_eq!(found.err(), expected);
        }
        assert_eq!(server.calls(), 1);
    }
}

#[tokio::test]
async fn r133_an_active_token_is_asked_about_again_after_the_cache_time() {
    let server = Server::says(active());
    let (verifier, clock) = server.verifier(|builder| builder);
    for _ in 0..3 {
        assert!(verify(&verifier, "opaque").await.is_ok());
    }
    clock.advance(29 * SECOND);
    assert!(verify(&verifier, "opaque").await.is_ok());
    assert_eq!(server.calls(), 1);
    server.turns_to(|_| json_answer(&inactive()));
    clock.advance(SECOND);
    assert_eq!(verify(&verifier, "opaque").await.unwrap_err(), AuthErrorKind::Inactive);
    assert_eq!(server.calls(), 2);
}

#[tokio::test]
async fn r133_nothing_is_remembered_past_its_exp() {
    let server = Server::says(active_with(json!({ "exp": NOW + 10 })));
    let (verifier, clock) = server.verifier(|builder| builder.cache_for(3600 * SECOND));
    assert!(verify(&verifier, "opaque").await.is_ok());
    clock.advance(10 * SECOND - Duration::from_nanos(1));
    assert!(verify(&verifier, "opaque").await.is_ok());
    assert_eq!(server.calls(), 1);
    // Within the leeway the server has the word, each time.
    clock.advance(Duration::from_nanos(1));
    for calls in 2..4 {
        assert!(verify(&verifier, "opaque").await.is_ok());
        assert_eq!(server.calls(), calls);
    }
    server.turns_to(|_| json_answer(&inactive()));
    assert_eq!(verify(&verifier, "opaque").await.unwrap_err(), AuthErrorKind::Inactive);
    // A server that goes on calling it active is not believed.
    let server = Server::says(active_with(json!({ "exp": NOW + 10 })));
    let (verifier, clock) = server.verifier(|builder| builder.cache_for(3600 * SECOND));
    clock.advance(40 * SECOND);
    assert_eq!(verify(&verifier, "opaque").await.unwrap_err(), AuthErrorKind::Expired);
}

#[tokio::test]
async fn r133_the_rules_on_time_are_asked_at_each_use() {
    let server = Server::says(active_without("exp"));
    let (verifier, clock) =
        server.verifier(|builder| builder.cache_for(3600 * SECOND).max_token_age(60 * SECOND));
    assert!(verify(&verifier, "opaque").await.is_ok());
    clock.advance(90 * SECOND);
    assert_eq!(verify(&verifier, "opaque").await.unwrap_err(), AuthErrorKind::Expired);
    assert_eq!(server.calls(), 1);
}

#[tokio::test]
async fn r133_the_cache_time_counts_from_the_question() {
    let clock = Clock::manual(Duration::from_secs(NOW));
    let ticking = clock.clone();
    let server = Server::new(move |_| {
        ticking.advance(25 * SECOND); // the answer takes so long
        json_answer(&active())
    });
    let (verifier, _) = server.verifier(|builder| builder.clock(clock.clone()));
    assert!(verify(&verifier, "opaque").await.is_ok());
    clock.advance(4 * SECOND);
    assert!(verify(&verifier, "opaque").await.is_ok());
    assert_eq!(server.calls(), 1);
    clock.advance(SECOND);
    assert!(verify(&verifier, "opaque").await.is_ok());
    assert_eq!(server.calls(), 2);
}

#[tokio::test]
async fn r133_a_clock_that_is_set_back_does_not_lengthen_the_cache_time() {
    let server = Server::says(active());
    let (verifier, clock) = server.verifier(|builder| builder);
    assert!(verify(&verifier, "opaque").await.is_ok());
    clock.set(Duration::from_secs(NOW - 3600));
    server.turns_to(|_| json_answer(&inactive()));
    assert_eq!(verify(&verifier, "opaque").await.unwrap_err(), AuthErrorKind::Inactive);
    clock.set(Duration::from_secs(NOW));
    assert_eq!(verify(&verifier, "opaque").await.unwrap_err(), AuthErrorKind::Inactive);
}

#[tokio::test]
async fn r133_an_inactive_token_is_remembered_for_a_short_time() {
    let server = Server::says(inactive());
    let (verifier, clock) = server.verifier(|builder| builder);
    for _ in 0..3 {
        assert_eq!(verify(&verifier, "opaque").await.unwrap_err(), AuthErrorKind::Inactive);
    }
    assert_eq!(server.calls(), 1);
    server.turns_to(|_| json_answer(&active()));
    clock.advance(9 * SECOND);
    assert_eq!(verify(&verifier, "opaque").await.unwrap_err(), AuthErrorKind::Inactive);
    clock.advance(SECOND);
    assert!(verify(&verifier, "opaque").await.is_ok());
    assert_eq!(server.calls(), 2);
}

#[tokio::test]
async fn r133_with_zero_nothing_is_remembered() {
    let server =
        Server::new(|token| json_answer(&if token == "opaque" { active() } else { inactive() }));
    let (verifier, _) = server
        .verifier(|builder| builder.cache_for(Duration::ZERO).cache_inactive_for(Duration::ZERO));
    for calls in 1..4 {
        assert!(verify(&verifier, "opaque").await.is_ok());
        assert_eq!(verify(&verifier, "other").await.unwrap_err(), AuthErrorKind::Inactive);
        assert_eq!(server.calls(), 2 * calls);
    }
}

#[tokio::test]
async fn r133_made_up_tokens_push_no_good_one_out() {
    let server = Server::new(|token| {
        json_answer(&if token.starts_with("good") { active() } else { inactive() })
    });
    let (verifier, _) = server.verifier(|builder| builder.capacity(100));
    for number in 0..20 {
        assert!(verify(&verifier, &format!("good{number}")).await.is_ok());
    }
    for number in 0..10_000 {
        let kind = verify(&verifier, &format!("junk{number}")).await.unwrap_err();
        assert_eq!(kind, AuthErrorKind::Inactive);
    }
    assert_eq!(server.calls(), 10_020);
    for number in 0..20 {
        assert!(verify(&verifier, &format!("good{number}")).await.is_ok());
    }
    assert_eq!(server.calls(), 10_020);
    assert!(format!("{verifier:?}").contains("active: 20"), "{verifier:?}");
    let remembered = format!("{verifier:?}");
    let (_, rest) = remembered.split_once("refused: ").unwrap();
    let refused: usize = rest.split([' ', ',', '}']).next().unwrap().parse().unwrap();
    assert!(refused <= 200, "{refused} of 100 that are to be remembered");
}

#[tokio::test]
async fn r133_good_tokens_beyond_the_capacity_are_asked_about_anew() {
    let server = Server::says(active());
    let (verifier, _) = server.verifier(|builder| builder.capacity(10));
    for number in (0..200).chain(0..200) {
        assert!(verify(&verifier, &format!("good{number}")).await.is_ok());
    }
    assert!(server.calls() > 360, "{} of 400", server.calls());
}

#[tokio::test]
async fn r133_what_is_active_and_not_for_this_service_is_not_asked_about_again() {
    let server = Server::says(active_with(json!({ "aud": "other" })));
    let (verifier, _) = server.verifier(|builder| builder);
    for _ in 0..3 {
        assert_eq!(verify(&verifier, "opaque").await.unwrap_err(), AuthErrorKind::InvalidAudience);
    }
    assert_eq!(server.calls(), 1);
}

#[tokio::test]
async fn r133_one_token_is_never_taken_for_another() {
    let server = Server::new(|token| json_answer(&active_with(json!({ "sub": token.to_owned() }))));
    let (verifier, _) = server.verifier(|builder| builder);
    for _ in 0..2 {
        for token in ["a", "A", "a=", "a==", "aa", "a.", "a-", "a~"] {
            assert_eq!(verify(&verifier, token).await.unwrap().subject(), Some(token));
        }
    }
    assert_eq!(server.calls(), 8);
}

#[tokio::test]
async fn r133_whoever_gives_up_leaves_the_question_to_the_next() {
    let server = Server::says(active());
    let (verifier, _) = server.verifier(|builder| builder);
    let mut first = tokio_test::task::spawn(verifier.verify("opaque"));
    let mut second = tokio_test::task::spawn(verifier.verify("opaque"));
    assert!(first.poll().is_pending());
    assert!(second.poll().is_pending());
    assert_eq!(server.calls(), 1);
    drop(first);
    assert!(second.await.is_ok());
    assert_eq!(server.calls(), 2);
}

#[tokio::test]
async fn r133_a_request_that_begins_to_wait_when_the_answer_is_here_asks_no_more() {
    let server = Server::says(active());
    let (verifier, _) = server.verifier(|builder| builder);
    let inner = tower::service_fn(|_| async {
        Ok::<_, std::convert::Infallible>(http::Response::new(
            http_body_util::Empty::<bytes::Bytes>::new(),
        ))
    });
    let mut service = tower_bearer::JwtAuthLayer::new(verifier).layer(inner);
    let first = service.call(bearer("opaque"));
    let second = service.call(bearer("opaque"));
    assert_eq!(first.await.unwrap().status(), 200);
    assert_eq!(second.await.unwrap().status(), 200);
    assert_eq!(server.calls(), 1);
}

#[tokio::test]
async fn r133_an_answer_that_has_come_is_not_shared_with_later_requests() {
    let server = Server::says(active());
    let (verifier, _) = server.verifier(|builder| builder.cache_for(Duration::ZERO));
    let mut first = tokio_test::task::spawn(verifier.verify("opaque"));
    let mut slow = tokio_test::task::spawn(verifier.verify("opaque"));
    assert!(first.poll().is_pending() && slow.poll().is_pending());
    assert!(first.await.is_ok());
    server.turns_to(|_| json_answer(&inactive()));
    assert_eq!(verify(&verifier, "opaque").await.unwrap_err(), AuthErrorKind::Inactive);
    assert!(slow.await.is_ok());
    assert_eq!(server.calls(), 2);
}

#[test]
fn r133_what_is_remembered_allocates_nothing() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let server = Server::says(active());
    let (verifier, _) = server.verifier(|builder| builder);
    runtime.block_on(async { assert!(verify(&verifier, "opaque").await.is_ok()) });
    let counted = allocation_counter::measure(|| {
        let mut verified = std::pin::pin!(verifier.verify("opaque"));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        let poll = verified.as_mut().poll(&mut context);
        assert!(matches!(poll, std::task::Poll::Ready(Ok(_))));
    });
    assert_eq!(counted.count_total, 0);
}
