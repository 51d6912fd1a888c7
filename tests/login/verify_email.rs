//! Addresses that are confirmed.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use tower_bearer::{AccountStore, Email, MailKind, MemoryStore, UserStore};

use super::mail::{ALICE, Beside, MailApp, mail_apps, names};
use super::support::{PASSWORD, app};

const DAY: Duration = Duration::from_secs(24 * 3600);

async fn me(it: &MailApp) -> Value {
    let login = it.log_in("alice", PASSWORD).await.text("access_token");
    it.app.with_token(Method::GET, "/me", &login).await.json()
}

#[tokio::test]
async fn r173_an_address_is_confirmed_once_by_the_token_that_was_mailed_there() {
    for it in mail_apps!(|it| it).await {
        let answer = it.register("alice", ALICE).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["email_verified"]),
            (201, &json!(false))
        );
        let mail = it.mail(MailKind::VerifyEmail, ALICE).await;
        let token = mail.token().unwrap();
        assert_eq!((mail.lifetime, mail.is_verified), (Some(DAY), false));
        let link = format!("https://app.example.org/verify-email?token={token}");
        assert_eq!(mail.link(), Some(link.as_str()));
        it.events(&[token]);

        let done = it.verify(token).await;
        assert_eq!((done.status.as_u16(), done.body.as_slice()), (204, &b""[..]));
        let events = it.events(&[token]);
        assert_eq!(names(&events), ["email.verified"]);
        assert_eq!(events[0]["user_id"], answer.text("id"));
        assert_eq!(me(&it).await["email_verified"], true);
        it.verify(token).await.assert_error(400, "invalid_grant");
    }
}

#[tokio::test]
async fn r173_a_token_for_an_address_lasts_a_day() {
    for it in mail_apps!(|it| it).await {
        let (_, token) = it.registered("alice", ALICE).await;
        it.app.clock.advance(DAY);
        it.verify(&token).await.assert_error(400, "invalid_grant");
        assert_eq!(me(&it).await["email_verified"], false);
        it.app.json("/verify-email", json!({ "email": ALICE })).await;
        let token = it.token(MailKind::VerifyEmail, ALICE).await;
        it.app.clock.advance(DAY - Duration::from_secs(1));
        assert_eq!(it.verify(&token).await.status, 204);
    }
}

#[tokio::test]
async fn the_mail_is_sent_again_where_it_is_wanted_and_the_answer_is_one() {
    for it in mail_apps!(|it| it).await {
        let (_, first) = it.registered("alice", ALICE).await;
        let again = |email: &'static str| it.app.json("/verify-email", json!({ "email": email }));
        let sent = again("ALICE@example.com").await;
        assert_eq!(sent.status, 202);
        let second = it.token(MailKind::VerifyEmail, ALICE).await;
        assert_ne!(first, second);
        assert_eq!(again("nobody@example.com").await, sent);
        assert!(it.mails().await.is_empty());
        assert_eq!(it.verify(&second).await.status, 204);
        assert_eq!(again(ALICE).await, sent, "confirmed already");
        assert!(it.mails().await.is_empty());
        // The first one is as good, and changes nothing.
        assert_eq!(it.verify(&first).await.status, 204);
    }
}

#[tokio::test]
async fn a_new_address_is_confirmed_by_a_token_and_signs_in_then() {
    for it in mail_apps!(|it| it.accounts()).await {
        let (_, old) = it.registered("alice", ALICE).await;
        let login = it.log_in("alice", PASSWORD).await.text("access_token");
        let new = "alice@example.org";
        let body = json!({ "email": new });
        let changed = it.app.json_with_token(Method::PATCH, "/me", &login, body).await;
        assert_eq!(changed.json()["email"], new);
        let token = it.token_among(MailKind::VerifyEmail, new).await;
        let by_email = json!({ "email": new, "password": PASSWORD });
        it.app.json("/login", by_email.clone()).await.assert_error(400, "invalid_grant");
        // The old address may be confirmed meanwhile; it is that of a reset until then.
        assert_eq!(it.verify(&old).await.status, 204);
        assert_eq!(it.verify(&token).await.status, 204);
        assert_eq!(it.app.json("/login", by_email).await.status, 200);
        assert_eq!(me(&it).await["email_verified"], true);
        it.mail(MailKind::EmailChanged, ALICE).await;
        it.forgot(ALICE).await;
        assert!(it.mails().await.is_empty(), "it is nobody's any more");
    }
}

#[tokio::test]
async fn an_address_that_is_another_users_by_now_is_not_confirmed() {
    for it in mail_apps!(|it| it.accounts()).await {
        it.registered("alice", ALICE).await;
        let login = it.log_in("alice", PASSWORD).await.text("access_token");
        let body = json!({ "email": "wanted@example.com" });
        it.app.json_with_token(Method::PATCH, "/me", &login, body).await;
        let late = it.token_among(MailKind::VerifyEmail, "wanted@example.com").await;
        it.registered("bob", "wanted@example.com").await;
        let answer = it.verify(&late).await;
        answer.assert_error(409, "conflict");
        assert_eq!(answer.text("field"), "email");
        // And one that is not wanted any more confirms nothing.
        let body = json!({ "email": "other@example.com" });
        it.app.json_with_token(Method::PATCH, "/me", &login, body).await;
        let given_up = it.token_among(MailKind::VerifyEmail, "other@example.com").await;
        it.app.json_with_token(Method::PATCH, "/me", &login, json!({ "email": ALICE })).await;
        it.verify(&given_up).await.assert_error(400, "invalid_grant");
    }
}

#[tokio::test]
async fn the_token_of_a_user_who_is_gone_confirms_nothing() {
    let (beside, store) = (Beside::new(), MemoryStore::new());
    // Tokens elsewhere stay when a user goes.
    let (queue, tokens) = (beside.queue.clone(), MemoryStore::new());
    let app = app(store.clone(), |it| it.mailer_with_store(queue, tokens)).await;
    let it = MailApp { app, beside };
    let (id, token) = it.registered("alice", ALICE).await;
    it.forgot(ALICE).await;
    let reset = it.token(MailKind::ResetPassword, ALICE).await;
    store.delete_user(&id).await.unwrap();
    it.registered("alice", ALICE).await;
    it.verify(&token).await.assert_error(400, "invalid_grant");
    it.reset(&reset, PASSWORD).await.assert_error(400, "invalid_grant");
    let alice = store.find_user_by_email(&Email::new(ALICE).unwrap()).await.unwrap().unwrap();
    assert!(!alice.email_verified);
}
