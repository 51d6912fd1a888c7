//! Changes of an address, by mail (ASVS 5.0, 6.3.7).

use tower_bearer::MailKind;

use super::mail::{ALICE, mail_apps};
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
