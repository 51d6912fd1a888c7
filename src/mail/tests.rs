//! The words of mails, their links, and the queue.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::{Mail, MailError, MailKind, MailLinks, MailQueue, Mailer};
use crate::one_time::{OneTimePurpose, OneTimeToken, OneTimeTokens};
use crate::store::MemoryStore;

const MINUTE: Duration = Duration::from_secs(60);

async fn token(purpose: OneTimePurpose) -> OneTimeToken {
    let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    OneTimeTokens::new().issue(&store, purpose, "7", "", now).await.unwrap()
}

fn mail(kind: MailKind) -> Mail {
    Mail::new(kind, "alice@example.com", "alice")
}

#[tokio::test]
async fn a_mail_shows_its_token_and_link_to_nobody_but_the_mailer() {
    let links = MailLinks::new("https://app.example.org/").unwrap();
    for (kind, purpose, path) in [
        (MailKind::VerifyEmail, OneTimePurpose::VerifyEmail, "verify-email"),
        (MailKind::ResetPassword, OneTimePurpose::ResetPassword, "reset-password"),
    ] {
        let token = token(purpose).await;
        let text = token.as_str().to_owned();
        let bare = mail(kind).with_token(token.clone(), MINUTE, None);
        assert_eq!((bare.token(), bare.link()), (Some(text.as_str()), None));
        assert!(bare.text().body.contains(&format!("Code: {text}\n")), "{}", bare.text().body);

        let mail = mail(kind).with_token(token, 90 * MINUTE, Some(&links));
        let link = format!("https://app.example.org/{path}?token={text}");
        assert_eq!(mail.link(), Some(link.as_str()));
        assert!(mail.text().body.contains(&format!("within 90 minutes:\n\n{link}\n\n")));
        for shown in [format!("{mail:?}"), format!("{:?}", mail.text())] {
            assert!(!shown.contains(&text) && !shown.contains("app.example.org"), "{shown}");
        }
    }
}

#[test]
fn every_mail_says_what_to_do_for_whoever_did_not_ask_for_it() {
    let kinds = [
        MailKind::VerifyEmail,
        MailKind::ResetPassword,
        MailKind::EmailTaken,
        MailKind::UsernameTaken,
        MailKind::PasswordChanged,
        MailKind::EmailChangeRequested,
        MailKind::EmailChanged,
    ];
    for kind in kinds {
        let mut mail = Mail::new(kind, "victim@example.com", "https://evil.example");
        mail.name = Some("Buy at https://evil.example".to_owned());
        let text = mail.text();
        assert!(text.body.to_lowercase().contains("if it was not you"), "{}", text.body);
        assert!(!text.subject.is_empty() && !text.subject.contains('\n'));
        // Nobody's words go to an address that is perhaps not theirs.
        assert!(!text.body.contains("evil") && text.body.starts_with("Hello,\n"), "{}", text.body);
        mail.username = "alice".to_owned();
        mail.is_verified = true;
        assert!(mail.text().body.starts_with("Hello alice,\n"));
    }
    for (minutes, words) in
        [(1, "within a minute"), (60, "within an hour"), (1440, "within 24 hours")]
    {
        let mut mail = mail(MailKind::VerifyEmail);
        mail.lifetime = Some(minutes * MINUTE);
        assert!(mail.text().body.contains(words), "{}", mail.text().body);
    }
}

#[test]
fn links_are_those_of_a_page_that_is_safe_to_open() {
    for base in ["https://a.example", "https://a.example:8443/app/", "http://localhost:3000"] {
        MailLinks::new(base).unwrap();
    }
    for base in [
        "",
        "a.example",
        "http://a.example",
        "ftp://a.example",
        "javascript:alert(1)//",
        "https://",
        "https://a b.example",
        "https://z\u{f6}.example",
        "https://a.example/\n",
        "//a.example",
        "https://a.example/{token}",
    ] {
        MailLinks::new(base).unwrap_err();
    }
    let links = MailLinks::new("https://a.example").unwrap();
    for url in ["https://a.example/", "https://a.example/{token}{token}", "/{token}", "{token}"] {
        links.clone().reset_password(url).unwrap_err();
        links.clone().verify_email(url).unwrap_err();
    }
    let links = links.reset_password("https://a.example/#/reset/{token}").unwrap();
    let reset = links.link(MailKind::ResetPassword, "reset_1");
    assert_eq!(reset.as_deref(), Some("https://a.example/#/reset/reset_1"));
    assert_eq!(links.link(MailKind::PasswordChanged, "reset_1"), None);
}

/// Fails so many times, and notes when it was asked.
#[derive(Clone, Default)]
struct Failing {
    failures: Arc<AtomicU32>,
    for_good: bool,
    tries: Arc<Mutex<Vec<Instant>>>,
}

impl Mailer for Failing {
    async fn send(&self, _mail: &Mail) -> Result<(), MailError> {
        self.tries.lock().unwrap().push(Instant::now());
        let before = self.failures.load(Ordering::Relaxed);
        if before == 0 {
            return Ok(());
        }
        self.failures.store(before - 1, Ordering::Relaxed);
        Err(if self.for_good { MailError::new("550") } else { MailError::temporary("421") })
    }
}

#[tokio::test(start_paused = true)]
async fn a_temporary_fault_is_tried_again_and_no_other() {
    for (failures, for_good, pauses) in
        [(0, false, &[][..]), (1, false, &[5]), (9, false, &[5, 60]), (1, true, &[])]
    {
        let failures = Arc::new(AtomicU32::new(failures));
        let mailer = Failing { failures, for_good, ..Failing::default() };
        let queue = MailQueue::new(mailer.clone());
        queue.place().unwrap().send(async { Some(mail(MailKind::PasswordChanged)) });
        assert!(queue.drain(10 * MINUTE).await);
        let tries = mailer.tries.lock().unwrap().clone();
        let waited: Vec<u64> = tries.windows(2).map(|pair| (pair[1] - pair[0]).as_secs()).collect();
        assert_eq!(waited, pauses);
    }
}

/// Sends once it is let.
#[derive(Clone, Default)]
struct Slow {
    begun: Arc<AtomicU32>,
    let_go: Arc<Notify>,
}

impl Mailer for Slow {
    async fn send(&self, _mail: &Mail) -> Result<(), MailError> {
        self.begun.fetch_add(1, Ordering::Relaxed);
        self.let_go.notified().await;
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn the_queue_has_an_end_and_sends_a_few_at_once() {
    let slow = Slow::default();
    let queue = MailQueue::new(slow.clone()).capacity(3).at_once(2);
    for _ in 0..3 {
        queue.place().unwrap().send(async { Some(mail(MailKind::PasswordChanged)) });
    }
    assert!(queue.place().is_none(), "there is no room");
    assert!(!queue.drain(Duration::from_millis(1)).await);
    assert_eq!(slow.begun.load(Ordering::Relaxed), 2);
    slow.let_go.notify_one();
    assert!(!queue.drain(Duration::from_millis(1)).await);
    assert_eq!(slow.begun.load(Ordering::Relaxed), 3);
    queue.place().unwrap().send(async { None });
    slow.let_go.notify_waiters();
    assert!(queue.drain(MINUTE).await);
    assert_eq!(slow.begun.load(Ordering::Relaxed), 3, "nothing came of the last one");
}

#[tokio::test(start_paused = true)]
async fn a_mailer_that_hangs_is_given_up() {
    let slow = Slow::default();
    let queue = MailQueue::new(slow.clone());
    queue.place().unwrap().send(async { Some(mail(MailKind::PasswordChanged)) });
    assert!(queue.drain(5 * MINUTE).await);
    assert_eq!(slow.begun.load(Ordering::Relaxed), 3);
}

struct Panicking;

impl Mailer for Panicking {
    async fn send(&self, _mail: &Mail) -> Result<(), MailError> {
        panic!("a mailer of somebody's own")
    }
}

#[tokio::test]
async fn a_mailer_that_panics_takes_no_place_with_it() {
    let queue = MailQueue::new(Panicking).capacity(1);
    for _ in 0..3 {
        queue.place().unwrap().send(async { Some(mail(MailKind::PasswordChanged)) });
        assert!(queue.drain(MINUTE).await);
    }
}
