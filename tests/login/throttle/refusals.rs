//! Who is refused, how, and who is not.

use super::*;

#[tokio::test]
async fn r176_a_refusal_says_when_to_come_back_and_is_not_kept() {
    for app in throttled_apps!(|it| it).await {
        app.fail(5, HOME, "admin").await;
        app.clock.advance(Duration::from_millis(59_001));
        let answer = app.log_in_from(HOME, "admin", PASSWORD).await;
        answer.assert_throttled(1);
        assert_eq!(answer.headers[header::CONTENT_TYPE], "application/json");
        let expected = json!({
            "error": "too_many_requests",
            "error_description": "there were too many attempts; try again later",
        });
        assert_eq!(answer.json(), expected);
        assert!(answer.headers.keys().all(|name| !name.as_str().contains("ratelimit")));
        app.clock.advance(Duration::from_millis(999));
        assert_eq!(app.log_in_from(HOME, "admin", PASSWORD).await.status, 200);
    }
}

#[tokio::test]
async fn r178_right_and_wrong_known_and_unknown_are_refused_alike_and_hash_nothing() {
    for app in throttled_apps!(|it| it).await {
        let names = ["admin", "nobody", "nobody@example.org", "\u{0} no name"];
        for (number, name) in names.into_iter().enumerate() {
            app.fail(5, &format!("192.0.2.{number}:1"), name).await;
        }
        let before = app.hasher.computations();
        let expected = app.log_in_from(HOME, "admin", PASSWORD).await;
        expected.assert_throttled(60);
        for name in names {
            for password in [PASSWORD, "wrong", &"x".repeat(4000)] {
                assert_eq!(app.log_in_from(HOME, name, password).await, expected, "{name}");
            }
        }
        assert_eq!(app.hasher.computations(), before);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn r178_of_50_attempts_at_once_as_many_pass_as_the_limit_has() {
    let throttle = LoginThrottle::new().per_address(rate("7/minute"));
    for app in throttled_apps!(|it| it.throttle(throttle.clone())).await {
        let app = Arc::new(app);
        for (same_account, limit) in [(true, 5), (false, 7)] {
            let before = app.hasher.computations();
            let tasks: Vec<_> = (0..50)
                .map(|number| {
                    let app = Arc::clone(&app);
                    tokio::spawn(async move {
                        let (name, peer) = if same_account {
                            ("admin".to_owned(), format!("198.51.100.{number}:1"))
                        } else {
                            (format!("user{number}"), HOME.to_owned())
                        };
                        app.log_in_from(&peer, &name, "wrong").await.status
                    })
                })
                .collect();
            let (mut passed, mut refused) = (0, 0);
            for task in tasks {
                match task.await.unwrap().as_u16() {
                    400 => passed += 1,
                    429 => refused += 1,
                    other => panic!("{other}"),
                }
            }
            assert_eq!((passed, refused), (limit, 50 - limit));
            assert_eq!(app.hasher.computations() - before, limit);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn logins_at_once_that_are_right_all_succeed() {
    for app in throttled_apps!(|it| it).await {
        let app = Arc::new(app);
        let tasks: Vec<_> = (0..30)
            .map(|_| {
                let app = Arc::clone(&app);
                tokio::spawn(async move { app.log_in_from(HOME, "admin", PASSWORD).await.status })
            })
            .collect();
        for task in tasks {
            assert_eq!(task.await.unwrap(), 200);
        }
    }
}

#[tokio::test]
async fn r181_a_success_clears_the_account_and_not_the_address() {
    for app in throttled_apps!(|it| it).await {
        for round in 0..4 {
            app.fail(4, HOME, "admin").await;
            app.fail(1, HOME, &format!("user{round}")).await;
            if round < 3 {
                assert_eq!(app.log_in_from(HOME, "admin", PASSWORD).await.status, 200);
            }
        }
        // 20 of them failed; the successes were none of these.
        app.log_in_from(HOME, "user", "wrong").await.assert_throttled(60);
        app.log_in_from(HOME, "admin", PASSWORD).await.assert_throttled(60);
        assert_eq!(app.log_in_from("198.51.100.1:1", "admin", PASSWORD).await.status, 200);
    }
}

#[tokio::test]
async fn r181_successes_never_use_up_an_address() {
    for app in throttled_apps!(|it| it).await {
        for _ in 0..30 {
            assert_eq!(app.log_in_from(HOME, "admin", PASSWORD).await.status, 200);
        }
        app.fail(5, HOME, "admin").await;
    }
}

#[tokio::test]
async fn r182_who_is_logged_in_stays_so_while_others_guess() {
    for app in throttled_apps!(|it| it).await {
        let tokens = app.log_in_from(HOME, "admin", PASSWORD).await;
        for attempt in 0..20 {
            let name = if attempt < 5 { "admin".to_owned() } else { format!("user{attempt}") };
            app.fail(1, HOME, &name).await;
        }
        app.log_in_from(HOME, "admin", PASSWORD).await.assert_throttled(60);
        let refresh = tokens.text("refresh_token");
        for path in ["/refresh", "/token"] {
            // A token that is none counts for nothing either.
            for _ in 0..30 {
                let fields = [("grant_type", "refresh_token"), ("refresh_token", "none")];
                app.send(form_from(HOME, path, &fields)).await.assert_error(400, "invalid_grant");
            }
        }
        let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
        let refreshed = app.send(form_from(HOME, "/refresh", &fields)).await;
        assert_eq!(refreshed.status, 200);
        let access = refreshed.text("access_token");
        assert_eq!(app.with_token(Method::GET, "/me", &access).await.status, 200);
        assert_eq!(app.with_token(Method::POST, "/logout", &access).await.status, 204);
    }
}
