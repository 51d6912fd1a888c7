//! What is counted together, and how many of it pass.

use super::*;

#[tokio::test]
async fn r105_guesses_are_limited_at_the_token_endpoint_and_at_its_json_twin() {
    for app in throttled_apps!(|it| it).await {
        app.fail(3, HOME, "admin").await;
        let guess = json!({ "username": "admin", "password": "wrong" });
        for _ in 0..2 {
            app.json("/login", guess.clone()).await.assert_error(400, "invalid_grant");
        }
        app.log_in_from(HOME, "admin", "wrong").await.assert_throttled(60);
        app.json("/login", guess).await.assert_throttled(60);
    }
}

#[tokio::test]
async fn r174_an_account_is_not_tried_more_than_100_times_without_a_pause() {
    let throttle =
        LoginThrottle::new().per_account(rate("1000/second")).per_address(None).backoff(false);
    for app in throttled_apps!(|it| it.throttle(throttle.clone())).await {
        app.fail(100, HOME, "admin").await;
        app.clock.advance(Duration::from_secs(899));
        app.log_in_from(HOME, "admin", PASSWORD).await.assert_throttled(1);
        app.clock.advance(Duration::from_secs(1));
        app.fail(1, HOME, "admin").await;
        app.log_in_from(HOME, "admin", PASSWORD).await.assert_throttled(900);
        // A success ends the row.
        app.clock.advance(15 * MINUTE);
        assert_eq!(app.log_in_from(HOME, "admin", PASSWORD).await.status, 200);
        app.fail(2, HOME, "admin").await;
    }
}

#[tokio::test]
async fn r175_an_account_is_limited_wherever_the_attempts_come_from() {
    for app in throttled_apps!(|it| it).await {
        let mut attempt = 0;
        for seconds in [60, 120, 240, 480, 900, 900] {
            for _ in 0..5 {
                attempt += 1;
                app.fail(1, &format!("198.51.100.{attempt}:1"), "admin").await;
            }
            app.log_in_from("203.0.113.1:1", "admin", "wrong").await.assert_throttled(seconds);
            app.clock.advance(Duration::from_secs(seconds));
        }
        assert_eq!(app.log_in_from(HOME, "admin", PASSWORD).await.status, 200);
        app.fail(5, HOME, "admin").await;
        app.log_in_from(HOME, "admin", "wrong").await.assert_throttled(60);
    }
}

#[tokio::test]
async fn r175_an_address_is_limited_whichever_accounts_it_tries() {
    for app in throttled_apps!(|it| it).await {
        for attempt in 0..20 {
            app.fail(1, HOME, &format!("user{attempt}")).await;
        }
        app.log_in_from(HOME, "another", "wrong").await.assert_throttled(60);
        app.log_in_from(HOME, "admin", PASSWORD).await.assert_throttled(60);
        // Whoever is refused for the address counts against no account.
        for _ in 0..10 {
            app.log_in_from(HOME, "admin", "wrong").await.assert_throttled(60);
        }
        assert_eq!(app.log_in_from("198.51.100.1:1", "admin", PASSWORD).await.status, 200);
    }
}

#[tokio::test]
async fn r175_the_rates_are_those_that_are_set() {
    let throttle = LoginThrottle::new().per_account(rate("8/3s")).per_address(None).backoff(false);
    for app in throttled_apps!(|it| it.throttle(throttle.clone())).await {
        app.fail(8, HOME, "admin").await;
        app.log_in_from(HOME, "admin", PASSWORD).await.assert_throttled(1);
        app.clock.advance(Duration::from_secs(3));
        assert_eq!(app.log_in_from(HOME, "admin", PASSWORD).await.status, 200);
    }
    for app in throttled_apps!(|it| it.throttle(LoginThrottle::off())).await {
        app.fail(120, HOME, "admin").await;
        assert_eq!(app.log_in_from(HOME, "admin", PASSWORD).await.status, 200);
    }
}

#[tokio::test]
async fn r177_the_address_is_the_rightmost_one_that_is_no_trusted_proxy() {
    let source = || AddressSource::x_forwarded_for(TrustedProxies::new(["10.0.0.0/8"]).unwrap());
    let throttle = LoginThrottle::new().per_address(rate("3/minute"));
    for app in throttled_apps!(|it| it.throttle(throttle.clone()).client_address(source())).await {
        let send = async |peer: &str, forwarded: &str, name: &str| {
            let fields = [("grant_type", "password"), ("username", name), ("password", "wrong")];
            let mut request = form_from(peer, "/token", &fields);
            request.headers_mut().insert("x-forwarded-for", forwarded.parse().unwrap());
            app.send(request).await.status
        };
        // What the client itself wrote moves nothing.
        for spoofed in ["203.0.113.1", "203.0.113.2", "203.0.113.3"] {
            let forwarded = format!("{spoofed}, 192.0.2.7, 10.0.0.8");
            assert_eq!(send("10.0.0.9:1", &forwarded, spoofed).await, 400);
        }
        assert_eq!(send("10.0.0.9:1", "203.0.113.4, 192.0.2.7", "x").await, 429);
        assert_eq!(send("10.0.0.9:1", "192.0.2.7, 192.0.2.8", "x").await, 400);
        assert_eq!(send("192.0.2.7:1", "192.0.2.9", "x").await, 429);
    }
}

#[tokio::test]
async fn r177_ipv6_counts_by_network_and_no_address_counts_together() {
    for app in throttled_apps!(|it| it).await {
        for attempt in 0..20 {
            let peer = format!("[2001:db8:0:1::{attempt:x}]:1");
            app.fail(1, &peer, &format!("user{attempt}")).await;
        }
        app.log_in_from("[2001:db8:0:1:9::]:1", "x", "wrong").await.assert_throttled(60);
        app.fail(1, "[2001:db8:0:2::1]:1", "x").await;
        for attempt in 0..20 {
            app.fail(1, "", &format!("other{attempt}")).await;
        }
        app.log_in_from("", "x", "wrong").await.assert_throttled(60);
    }
}

#[tokio::test]
async fn the_names_of_an_account_count_together() {
    for app in throttled_apps!(|it| it).await {
        let alice =
            json!({ "username": "Alice", "password": PASSWORD, "email": "Alice@Example.com" });
        assert_eq!(app.json("/register", alice).await.status, 201);
        app.fail(2, HOME, "alice").await;
        app.fail(1, HOME, "ALICE").await;
        app.fail(2, HOME, "alice@example.com").await;
        for name in ["alice", "ALICE@example.COM"] {
            app.log_in_from(HOME, name, PASSWORD).await.assert_throttled(60);
        }
        // The spellings of a name that nobody has count together as well.
        app.fail(3, HOME, "nobody").await;
        app.fail(2, HOME, "NOBODY").await;
        app.log_in_from(HOME, "Nobody", "wrong").await.assert_throttled(60);
    }
}

#[tokio::test]
async fn registrations_have_a_limit_of_their_own() {
    let throttle = LoginThrottle::new().registrations(rate("2/minute"));
    for app in throttled_apps!(|it| it.throttle(throttle.clone())).await {
        let user = |name: &str| json!({ "username": name, "password": PASSWORD });
        // What breaks a rule has cost nothing.
        for _ in 0..5 {
            let short = json!({ "username": "one", "password": "short" });
            app.register_from(HOME, short).await.assert_error(422, "invalid_field");
        }
        for name in ["one", "two"] {
            assert_eq!(app.register_from(HOME, user(name)).await.status, 201);
        }
        let before = app.hasher.computations();
        app.register_from(HOME, user("three")).await.assert_throttled(30);
        assert_eq!(app.hasher.computations(), before);
        assert_eq!(app.register_from("198.51.100.1:1", user("three")).await.status, 201);
        assert_eq!(app.log_in_from(HOME, "one", PASSWORD).await.status, 200);
    }
}
