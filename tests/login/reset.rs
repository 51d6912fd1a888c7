//! Passwords that are forgotten (requirements 158, 173; ASVS 5.0, 6.4.3).

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use serde_json::json;
use tower_bearer::{
    AccountStore, LoginThrottle, MailKind, MemoryStore, OneTimePurpose, OneTimeTokens, Rate,
    UserChange, UserStore,
};

use super::mail::{ALICE, Beside, MailApp, NEW, mail_apps, names};
use super::support::{PASSWORD, app};

const MINUTE: Duration = Duration::from_secs(60);

/// An app in memory, whose users a test can change.
async fn in_memory() -> (MailApp, MemoryStore) {
    let (beside, store) = (Beside::new(), MemoryStore::new());
    let queue = beside.queue.clone();
    let app = app(store.clone(), |router| router.mailer(queue).accounts()).await;
    (MailApp { app, beside }, store)
}

/// The token of a reset that is asked for now.
async fn asked(it: &MailApp) -> String {
    assert_eq!(it.forgot(ALICE).await.status, 202);
    it.token(MailKind::ResetPassword, ALICE).await
}

#[tokio::test]
async fn r173_a_reset_sets_the_password_and_ends_every_session() {
    for it in mail_apps!(|it| it).await {
        let (id, _) = it.registered("alice", ALICE).await;
        it.registered("bob", "bob@example.com").await;
        let sessions = [it.log_in("alice", PASSWORD).await, it.log_in("alice", PASSWORD).await];
        let of_bob = it.log_in("bob", PASSWORD).await;
        it.events(&[]);

        let token = asked(&it).await;
        let requested = it.events(&[&token]);
        assert_eq!(names(&requested), ["password.reset_requested"]);
        assert_eq!(requested[0]["user_id"], id.as_str());
        assert_eq!(it.log_in("alice", PASSWORD).await.status, 200, "nothing has changed yet");
        it.events(&[]);

        let done = it.reset(&token, NEW).await;
        assert_eq!((done.status.as_u16(), done.body.as_slice()), (204, &b""[..]));
        assert_eq!(done.headers["cache-control"], "no-store");
        let ended = vec!["session.ended"; 3];
        let events = it.events(&[&token]);
        assert_eq!(names(&events), [ended, vec!["password.reset", "email.verified"]].concat());
        assert!(events.iter().all(|event| event["user_id"] == id.as_str()));
        assert_eq!(events[0]["reason"], "password_change");
        let told = it.mail(MailKind::PasswordChanged, ALICE).await;
        assert_eq!((told.token(), told.link(), told.username.as_str()), (None, None, "alice"));

        for session in sessions {
            it.app.refresh(&session.text("refresh_token")).await.assert_error(400, "invalid_grant");
        }
        assert_eq!(it.app.refresh(&of_bob.text("refresh_token")).await.status, 200);
        it.log_in("alice", PASSWORD).await.assert_error(400, "invalid_grant");
        let login = it.log_in("alice", NEW).await;
        assert_eq!(login.status, 200);
        // The mail arrived at the address, so it is the user's.
        let me = it.app.with_token(Method::GET, "/me", &login.text("access_token")).await;
        assert_eq!(me.json()["email_verified"], true);
    }
}

#[tokio::test]
async fn r173_a_reset_token_is_used_once_and_takes_the_others_with_it() {
    for it in mail_apps!(|it| it).await {
        it.registered("alice", ALICE).await;
        let (first, second) = (asked(&it).await, asked(&it).await);
        assert_eq!(it.reset(&first, NEW).await.status, 204);
        for used in [&first, &second] {
            it.reset(used, "another meadow in May").await.assert_error(400, "invalid_grant");
        }
        assert_eq!(it.log_in("alice", NEW).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn r173_of_parallel_uses_of_a_reset_token_one_succeeds() {
    let throttle = LoginThrottle::off;
    for it in mail_apps!(|it| it.throttle(throttle())).await {
        it.registered("alice", ALICE).await;
        let token = asked(&it).await;
        let it = Arc::new(it);
        let uses = (0..50).map(|number| {
            let (it, token) = (Arc::clone(&it), token.clone());
            let password = format!("a wide meadow in {number}");
            tokio::spawn(async move { it.reset(&token, &password).await })
        });
        let uses: Vec<_> = uses.collect();
        let mut answers = Vec::new();
        for one in uses {
            answers.push(one.await.unwrap());
        }
        let winners: Vec<usize> = (0..50).filter(|number| answers[*number].status == 204).collect();
        assert_eq!(winners.len(), 1, "{winners:?}");
        for (number, answer) in answers.iter().enumerate().filter(|(at, _)| *at != winners[0]) {
            answer.assert_error(400, "invalid_grant");
            assert_eq!(it.log_in("alice", &format!("a wide meadow in {number}")).await.status, 400);
        }
        let password = format!("a wide meadow in {}", winners[0]);
        assert_eq!(it.log_in("alice", &password).await.status, 200);
    }
}

#[tokio::test]
async fn r173_a_reset_token_is_short_lived() {
    let quarter = || OneTimeTokens::new().lifetime(OneTimePurpose::ResetPassword, 15 * MINUTE);
    for (apps, lifetime) in [
        (mail_apps!(|it| it).await, 30 * MINUTE),
        (mail_apps!(|it| it.one_time_tokens(quarter())).await, 15 * MINUTE),
    ] {
        for it in apps {
            it.registered("alice", ALICE).await;
            it.forgot(ALICE).await;
            let mail = it.mail(MailKind::ResetPassword, ALICE).await;
            assert_eq!(mail.lifetime, Some(lifetime));
            let (late, good) = (mail.token().unwrap().to_owned(), asked(&it).await);
            it.app.clock.advance(lifetime - Duration::from_secs(1));
            assert_eq!(it.reset(&good, "seven").await.status, 422, "it is good so far");
            it.app.clock.advance(Duration::from_secs(1));
            it.reset(&late, NEW).await.assert_error(400, "invalid_grant");
            assert_eq!(it.log_in("alice", PASSWORD).await.status, 200);
        }
    }
}

#[tokio::test]
async fn r173_a_reset_token_is_over_when_the_password_is_changed() {
    for it in mail_apps!(|it| it).await {
        it.registered("alice", ALICE).await;
        let token = asked(&it).await;
        let login = it.log_in("alice", PASSWORD).await.text("access_token");
        let body = json!({ "current_password": PASSWORD, "new_password": NEW });
        let changed = it.app.json_with_token(Method::POST, "/password", &login, body).await;
        assert_eq!(changed.status, 204);
        it.mail(MailKind::PasswordChanged, ALICE).await;
        it.reset(&token, "another meadow in May").await.assert_error(400, "invalid_grant");
        assert_eq!(it.log_in("alice", NEW).await.status, 200);
    }
}

#[tokio::test]
async fn r173_a_token_outlives_neither_its_password_nor_its_address_nor_its_user() {
    let (it, store) = in_memory().await;
    let (id, _) = it.registered("alice", ALICE).await;
    let user = || async { store.find_user(&id).await.unwrap().unwrap() };

    // By whatever way, such as that of an administrator with SQL, so that the row is still there.
    let token = asked(&it).await;
    let old = user().await.password_hash().to_owned();
    assert!(store.replace_password_hash(&id, &old, "$argon2id$other").await.unwrap());
    it.reset(&token, NEW).await.assert_error(400, "invalid_grant");
    assert!(store.replace_password_hash(&id, "$argon2id$other", &old).await.unwrap());

    let other = tower_bearer::Email::new("alice@example.org").unwrap();
    store.update_user(&id, &UserChange::new().pending_email(Some(other.clone()))).await.unwrap();
    assert!(store.confirm_email(&id, &other).await.unwrap());
    it.reset(&token, NEW).await.assert_error(400, "invalid_grant");
    let back = tower_bearer::Email::new(ALICE).unwrap();
    store.update_user(&id, &UserChange::new().pending_email(Some(back.clone()))).await.unwrap();
    assert!(store.confirm_email(&id, &back).await.unwrap());

    store.update_user(&id, &UserChange::new().is_active(false)).await.unwrap();
    it.reset(&token, NEW).await.assert_error(400, "invalid_grant");
    store.update_user(&id, &UserChange::new().is_active(true)).await.unwrap();
    assert_eq!(it.reset(&token, "seven").await.status, 422, "none of that used it up");

    store.delete_user(&id).await.unwrap();
    it.reset(&token, NEW).await.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn r173_a_token_that_confirms_an_address_does_not_outlive_the_password() {
    for it in mail_apps!(|it| it.accounts()).await {
        let (_, own) = it.registered("alice", ALICE).await;
        // Whoever has a token of hers asks for an address of theirs, and waits.
        let stolen = it.log_in("alice", PASSWORD).await.text("access_token");
        assert_eq!(it.ask_for_address(&stolen, "mallory@example.com").await.status, 200);
        let planted = it.token_among(MailKind::VerifyEmail, "mallory@example.com").await;
        let token = asked(&it).await;
        assert_eq!(it.reset(&token, NEW).await.status, 204);
        it.mails().await;
        it.verify(&planted).await.assert_error(400, "invalid_grant");
        it.forgot("mallory@example.com").await;
        assert!(it.mails().await.is_empty(), "the address is nobody's");
        it.verify(&own).await.assert_error(400, "invalid_grant");

        // A change does the same as a reset, and the mail can be asked for again.
        let login = it.log_in("alice", NEW).await.text("access_token");
        let me = it.app.with_token(Method::GET, "/me", &login).await.json();
        assert_eq!((&me["email"], &me["email_verified"]), (&json!(ALICE), &json!(true)));
        assert_eq!(it.ask_for_address(&login, "alice@example.org").await.status, 200);
        let late = it.token_among(MailKind::VerifyEmail, "alice@example.org").await;
        let body = json!({ "current_password": NEW, "new_password": PASSWORD });
        let changed = it.app.json_with_token(Method::POST, "/password", &login, body).await;
        assert_eq!(changed.status, 204);
        it.mails().await;
        it.verify(&late).await.assert_error(400, "invalid_grant");
        assert_eq!(it.log_in("alice", PASSWORD).await.status, 200);
    }
}

#[tokio::test]
async fn r173_known_unknown_and_disabled_users_get_one_answer() {
    let (it, store) = in_memory().await;
    it.registered("alice", ALICE).await;
    let (bob, _) = it.registered("bob", "bob@example.com").await;
    store.update_user(&bob, &UserChange::new().is_active(false)).await.unwrap();
    let known = it.forgot(ALICE).await;
    assert_eq!(known.status, 202);
    assert_eq!(known.headers["cache-control"], "no-store");
    let hashed = it.app.hasher.computations();
    for email in ["bob@example.com", "nobody@example.com", ALICE] {
        assert_eq!(it.forgot(email).await, known, "{email}");
    }
    assert_eq!(it.app.hasher.computations(), hashed);
    let mails = it.mails().await;
    assert_eq!(mails.len(), 2);
    assert!(mails.iter().all(|mail| mail.to == ALICE && mail.kind == MailKind::ResetPassword));
    // Nor does sending the confirmation again tell.
    let again = it.app.json("/verify-email", json!({ "email": "bob@example.com" })).await;
    assert_eq!(again, known);
    assert!(it.mails().await.is_empty());
}

#[tokio::test]
async fn r170_r173_a_password_that_breaks_a_rule_leaves_the_token_usable() {
    for it in mail_apps!(|it| it).await {
        it.registered("wombat", ALICE).await;
        let token = asked(&it).await;
        for refused in ["seven-7", "Password1", "wombat99!", "", &"x".repeat(5000)] {
            let answer = it.reset(&token, refused).await;
            answer.assert_error(422, "invalid_field");
            assert_eq!(answer.text("field"), "new_password");
        }
        assert_eq!(it.reset(&token, NEW).await.status, 204);
    }
}

#[tokio::test]
async fn r173_a_reset_signs_nobody_in() {
    for it in mail_apps!(|it| it).await {
        it.registered("alice", ALICE).await;
        let token = asked(&it).await;
        it.events(&[]);
        let done = it.reset(&token, NEW).await;
        assert!(done.body.is_empty() && !done.headers.contains_key("set-cookie"), "{done:?}");
        assert!(!names(&it.events(&[])).contains(&"login.succeeded"));
        let login = it.log_in("alice", NEW).await.text("access_token");
        let sessions = it.app.with_token(Method::GET, "/sessions", &login).await.json();
        assert_eq!(sessions.as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn r175_guesses_of_tokens_are_limited_by_address() {
    let throttle = || LoginThrottle::new().per_address("3/minute".parse::<Rate>().unwrap());
    for it in mail_apps!(|it| it.throttle(throttle())).await {
        let (_, verify) = it.registered("alice", ALICE).await;
        let token = asked(&it).await;
        let guess = format!("reset_{}", "0".repeat(40));
        for _ in 0..2 {
            it.reset(&guess, NEW).await.assert_error(400, "invalid_grant");
        }
        it.verify(&guess.replace("reset", "verify")).await.assert_error(400, "invalid_grant");
        // Right and wrong ones alike, and nothing is hashed.
        let hashed = it.app.hasher.computations();
        let refused = it.reset(&guess, NEW).await;
        refused.assert_error(429, "too_many_requests");
        assert_eq!(it.reset(&token, NEW).await, refused);
        assert_eq!(it.verify(&verify).await, refused);
        assert_eq!(it.app.hasher.computations(), hashed);
        it.app.clock.advance(2 * MINUTE);
        assert_eq!(it.verify(&verify).await.status, 204);
        assert_eq!(it.reset(&token, NEW).await.status, 204);
    }
}

#[tokio::test]
async fn r181_a_reset_clears_the_count_of_the_account() {
    for it in mail_apps!(|it| it).await {
        it.registered("alice", ALICE).await;
        let token = asked(&it).await;
        for _ in 0..5 {
            it.log_in("alice", "wrong").await.assert_error(400, "invalid_grant");
        }
        it.log_in("alice", PASSWORD).await.assert_error(429, "too_many_requests");
        assert_eq!(it.reset(&token, NEW).await.status, 204);
        assert_eq!(it.log_in("alice", NEW).await.status, 200);
    }
}
