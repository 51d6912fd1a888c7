//! What registering tells, and what comes of it at once (requirement 180).

use http::{Method, header};
use serde_json::json;
use tower_bearer::{Endpoint, Issuer, LoginRouter, MailKind, MemoryStore, RegisterMode, Settings};

use super::clients::clients;
use super::mail::{ALICE, NEW, mail_apps, names};
use super::support::{PASSWORD, apps, apps_with};

#[tokio::test]
async fn r180_private_gives_one_answer_and_costs_one_hash_whatever_is_taken() {
    for it in mail_apps!(|it| it.register_mode(RegisterMode::Private)).await {
        let free = it.register("alice", ALICE).await;
        assert_eq!(free.status, 202);
        assert_eq!(free.headers[header::CACHE_CONTROL], "no-store");
        let verify = it.token(MailKind::VerifyEmail, ALICE).await;
        assert_eq!(names(&it.events(&[&verify])), ["user.registered"]);

        for (username, email, field, kind) in [
            ("bob", "ALICE@example.com", "email", MailKind::EmailTaken),
            ("Alice", "bob@example.com", "username", MailKind::UsernameTaken),
            // The owner of the address is told, whatever is to be said of the name.
            ("ALICE", ALICE, "username", MailKind::EmailTaken),
        ] {
            let before = it.app.hasher.computations();
            assert_eq!(it.register(username, email).await, free, "{username} {email}");
            assert_eq!(it.app.hasher.computations() - before, 1);
            let to = if kind == MailKind::EmailTaken { ALICE } else { email };
            let mail = it.mail(kind, to).await;
            assert_eq!((mail.token(), mail.link()), (None, None));
            let events = it.events(&[]);
            assert_eq!(names(&events), ["user.register_conflict"]);
            assert_eq!(events[0]["field"], field);
        }
        let before = it.app.hasher.computations();
        assert_eq!(it.register("carol", "carol@example.com").await, free);
        assert_eq!(it.app.hasher.computations() - before, 1);
        it.mail(MailKind::VerifyEmail, "carol@example.com").await;
    }
}

#[tokio::test]
async fn r180_private_lets_nobody_in_before_the_address_is_confirmed() {
    for it in mail_apps!(|it| it.register_mode(RegisterMode::Private)).await {
        it.register("alice", ALICE).await;
        let verify = it.token(MailKind::VerifyEmail, ALICE).await;
        // Or a login would tell whether there is a new account.
        it.register("bob", ALICE).await;
        it.mail(MailKind::EmailTaken, ALICE).await;
        it.events(&[]);
        let made = it.log_in("alice", PASSWORD).await;
        made.assert_error(400, "invalid_grant");
        assert_eq!(it.log_in("bob", PASSWORD).await, made);
        let events = it.events(&[]);
        assert_eq!(names(&events), ["login.failed"; 2]);
        assert_eq!(events[0]["reason"], "unverified");
        assert_eq!(events[1]["reason"], "unknown_user");

        assert_eq!(it.verify(&verify).await.status, 204);
        assert_eq!(it.log_in("alice", PASSWORD).await.status, 200);
        // Who has no address is asked for none.
        assert_eq!(it.log_in("admin", PASSWORD).await.status, 200);
    }
}

#[tokio::test]
async fn r180_a_reset_lets_the_owner_of_an_address_in_and_whoever_took_it_out() {
    for it in mail_apps!(|it| it.register_mode(RegisterMode::Private)).await {
        it.register("mallory", ALICE).await;
        it.mails().await;
        it.forgot(ALICE).await;
        let mail = it.mail(MailKind::ResetPassword, ALICE).await;
        assert!(!mail.text().body.contains("mallory"), "{}", mail.text().body);
        assert_eq!(it.reset(mail.token().unwrap(), NEW).await.status, 204);
        it.log_in("mallory", PASSWORD).await.assert_error(400, "invalid_grant");
        let body = json!({ "email": ALICE, "password": NEW });
        assert_eq!(it.app.json("/login", body).await.status, 200);
    }
}

#[tokio::test]
async fn r180_what_breaks_a_rule_is_told_alike_for_what_is_taken_and_what_is_free() {
    for it in mail_apps!(|it| it.register_mode(RegisterMode::Private).accounts()).await {
        it.register("alice", ALICE).await;
        let verify = it.token(MailKind::VerifyEmail, ALICE).await;
        for (username, email) in [("alice", ALICE), ("robert", "robert@example.com")] {
            for (body, field) in [
                (json!({ "username": username, "password": PASSWORD }), "email"),
                (json!({ "username": username, "email": email, "password": "short" }), "password"),
                (json!({ "username": username, "email": "x", "password": PASSWORD }), "email"),
                (json!({ "username": "a b", "email": email, "password": PASSWORD }), "username"),
            ] {
                let answer = it.app.json("/register", body).await;
                answer.assert_error(422, "invalid_field");
                assert_eq!(answer.text("field"), field);
            }
        }
        assert!(it.mails().await.is_empty());
        // Nor does a change of address tell.
        it.register("bob", "bob@example.com").await;
        it.mails().await;
        assert_eq!(it.verify(&verify).await.status, 204);
        let login = it.log_in("alice", PASSWORD).await.text("access_token");
        for email in ["bob@example.com", "free@example.com"] {
            let body = json!({ "email": email });
            let changed = it.app.json_with_token(Method::PATCH, "/me", &login, body).await;
            assert_eq!(changed.status, 200, "{changed:?}");
        }
    }
}

#[tokio::test]
async fn r180_conflict_is_the_default_and_asks_for_no_address() {
    for it in mail_apps!(|it| it).await {
        it.registered("alice", ALICE).await;
        it.register("bob", ALICE).await.assert_error(409, "conflict");
        assert!(it.mails().await.is_empty(), "whoever asked was told");
        assert_eq!(it.app.register("bob").await.status, 201);
        assert!(it.mails().await.is_empty());
        assert_eq!(it.log_in("alice", PASSWORD).await.status, 200, "not confirmed yet");
    }
}

#[tokio::test]
async fn registering_can_log_the_user_in() {
    for it in mail_apps!(|it| it.sign_in_on_register()).await {
        let answer = it.register("alice", ALICE).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        let body = answer.json();
        assert_eq!(body["token_type"], "Bearer");
        assert_eq!(body["scope"], "me items:read");
        assert_eq!(body["user"]["username"], "alice");
        let claims = it.app.claims(&answer.text("access_token")).await;
        assert_eq!(claims["sub"], body["user"]["id"]);
        let me = it.app.with_token(Method::GET, "/me", &answer.text("access_token")).await;
        assert_eq!(me.json(), body["user"]);
        assert_eq!(it.app.refresh(&answer.text("refresh_token")).await.status, 200);
        it.mail(MailKind::VerifyEmail, ALICE).await;
        let narrow = json!({ "username": "bob", "password": PASSWORD, "scope": "me" });
        assert_eq!(it.app.json("/register", narrow).await.text("scope"), "me");
    }
}

#[tokio::test]
async fn what_a_client_may_not_have_is_refused_before_there_is_an_account() {
    for app in apps_with!(|router| router.sign_in_on_register().clients(clients())).await {
        for (member, value, status, error) in [
            ("scope", "admin", 400, "invalid_scope"),
            ("scope", "me", 400, "invalid_scope"),
            ("scope", "a\"b", 400, "invalid_scope"),
            ("client_id", "worker", 401, "invalid_client"),
        ] {
            let mut body = json!({ "username": "alice", "password": PASSWORD });
            body["client_id"] = "page".into();
            body[member] = value.into();
            app.json("/register", body).await.assert_error(status, error);
        }
        let mut body = json!({ "username": "alice", "password": PASSWORD });
        body["client_id"] = "page".into();
        assert_eq!(app.json("/register", body).await.text("scope"), "items:read");
    }
    for app in apps().await {
        // Without it the members mean nothing.
        let body = json!({ "username": "alice", "password": PASSWORD, "scope": "admin" });
        let answer = app.json("/register", body).await;
        assert_eq!((answer.status.as_u16(), answer.json().get("access_token")), (201, None));
    }
}

#[test]
#[should_panic = "RegisterMode::Private needs LoginRouter::mailer"]
fn private_without_a_mailer_is_refused_at_the_start() {
    let router = LoginRouter::new(MemoryStore::new(), Issuer::for_tests());
    let _ = router.register_mode(RegisterMode::Private).into_router();
}

#[tokio::test]
async fn private_without_a_mailer_is_a_router_where_nobody_registers() {
    for app in apps_with!(|router| {
        router.register_mode(RegisterMode::Private).only([Endpoint::Me, Endpoint::Login])
    })
    .await
    {
        assert_eq!(app.register("alice").await.status, 404);
        let body = json!({ "username": "admin", "password": PASSWORD });
        let login = app.json("/login", body).await.text("access_token");
        assert_eq!(app.with_token(Method::GET, "/me", &login).await.status, 200);
    }
}

#[test]
#[should_panic = "REGISTER_MODE=conflict"]
fn private_by_the_settings_without_a_mailer_names_the_variable() {
    let settings = Settings::from_vars([
        ("JWT_SECRET", "a secret of tests, which has 32 bytes and more"),
        ("JWT_ISSUER", "https://me"),
        ("JWT_AUDIENCE", "api"),
        ("DATABASE_URL", "sqlite://app.db"),
        ("REGISTER_MODE", "private"),
    ])
    .unwrap();
    let router = LoginRouter::new(MemoryStore::new(), settings.issuer());
    let _ = router.settings(&settings).unwrap().into_router();
}

#[test]
#[should_panic = "sign_in_on_register would tell"]
fn private_that_signs_in_is_refused_at_the_start() {
    struct Nowhere;
    impl tower_bearer::Mailer for Nowhere {
        async fn send(&self, _: &tower_bearer::Mail) -> Result<(), tower_bearer::MailError> {
            Ok(())
        }
    }
    let _ = LoginRouter::new(MemoryStore::new(), Issuer::for_tests())
        .mailer(Nowhere)
        .register_mode(RegisterMode::Private)
        .sign_in_on_register()
        .into_router();
}
