//! Changes of an address, by mail (ASVS 5.0, 6.3.7).

use http::Method;
use serde_json::json;
use tower_bearer::{LoginThrottle, MailKind, Rate};

use super::mail::{ALICE, mail_apps, names};
use super::support::PASSWORD;

const OTHER: &str = "alice@example.org";

#[tokio::test]
async fn the_old_address_is_told_when_another_is_asked_for_and_when_it_is_confirmed() {
    for it in mail_apps!(|it| it.accounts()).await {
        let (_, own) = it.registered("alice", ALICE).await;
        for is_verified in [false, true] {
            let login = it.log_in("alice", PASSWORD).await.text("access_token");
            assert_eq!(it.ask_for_address(&login, OTHER).await.status, 200);
            let mut mails = it.mails().await;
            mails.sort_by_key(|mail| mail.kind == MailKind::EmailChangeRequested);
            let [verify, told] = <[_; 2]>::try_from(mails).unwrap();
            assert_eq!((verify.kind, verify.to.as_str()), (MailKind::VerifyEmail, OTHER));
            assert_eq!((told.kind, told.to.as_str()), (MailKind::EmailChangeRequested, ALICE));
            // One that is not confirmed is told too, and none of the user's words.
            assert_eq!((told.is_verified, told.token(), told.link()), (is_verified, None, None));
            assert!(!told.text().body.contains(OTHER));
            if !is_verified {
                assert_eq!(it.verify(&own).await.status, 204);
                it.ask_for_address(&login, ALICE).await;
                assert!(it.mails().await.is_empty(), "it is no other one");
                continue;
            }
            let token = verify.token().unwrap();
            assert_eq!(it.verify(token).await.status, 204);
            let told = it.mail(MailKind::EmailChanged, ALICE).await;
            assert_eq!((told.is_verified, told.token(), told.link()), (true, None, None));
            assert!(!told.text().body.contains(OTHER));
        }
    }
}

#[tokio::test]
async fn where_there_was_no_address_nobody_is_told() {
    for it in mail_apps!(|it| it.accounts()).await {
        it.app.register("alice").await;
        let login = it.log_in("alice", PASSWORD).await.text("access_token");
        assert_eq!(it.ask_for_address(&login, ALICE).await.status, 200);
        let token = it.token(MailKind::VerifyEmail, ALICE).await;
        assert_eq!(it.verify(&token).await.status, 204);
        assert!(it.mails().await.is_empty());
    }
}

#[tokio::test]
async fn the_mail_for_a_pending_address_is_sent_again_by_a_patch_and_by_no_put() {
    for it in mail_apps!(|it| it.accounts()).await {
        it.registered("alice", ALICE).await;
        let login = it.log_in("alice", PASSWORD).await.text("access_token");
        assert_eq!(it.ask_for_address(&login, OTHER).await.status, 200);
        let first = it.token_among(MailKind::VerifyEmail, OTHER).await;
        it.events(&[]);

        let same = json!({ "name": "Alice", "email": OTHER });
        let put = it.app.json_with_token(Method::PUT, "/me", &login, same).await;
        assert_eq!((put.status.as_u16(), &put.json()["email"]), (200, &json!(OTHER)));
        assert!(it.mails().await.is_empty() && it.events(&[]).is_empty());

        let again = it.ask_for_address(&login, OTHER).await;
        assert_eq!((again.status.as_u16(), again.json()), (200, put.json()));
        let second = it.token_among(MailKind::VerifyEmail, OTHER).await;
        assert_ne!(first, second);
        assert_eq!(names(&it.events(&[])), ["email.change_requested"]);
        assert_eq!(it.verify(&second).await.status, 204);
    }
}

#[tokio::test]
async fn mails_for_a_pending_address_are_limited_as_new_ones_are() {
    let limit = || LoginThrottle::new().registrations("9/minute".parse::<Rate>().unwrap());
    for it in mail_apps!(|it| it.accounts().throttle(limit())).await {
        it.registered("alice", ALICE).await;
        let login = it.log_in("alice", PASSWORD).await.text("access_token");
        for _ in 0..8 {
            assert_eq!(it.ask_for_address(&login, OTHER).await.status, 200);
        }
        let mails = it.mails().await;
        for kind in [MailKind::VerifyEmail, MailKind::EmailChangeRequested] {
            assert_eq!(mails.iter().filter(|mail| mail.kind == kind).count(), 5, "{kind:?}");
        }
        let refused = it.ask_for_address(&login, OTHER).await;
        refused.assert_error(429, "too_many_requests");
    }
}
