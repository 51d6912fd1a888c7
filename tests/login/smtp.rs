//! `SmtpMailer` against a server that speaks SMTP (RFC 5321).

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tower_bearer::{
    Mail, MailKind, MailLinks, MailText, Mailer, MemoryStore, OneTimePurpose, OneTimeTokens,
    SmtpMailer,
};

const FROM: &str = "Example <no-reply@example.org>";
const TO: &str = "alice@example.com";

/// What clients said, line by line, with the data of their mails.
#[derive(Clone, Default)]
struct Transcript(Arc<Mutex<Vec<String>>>);

impl Transcript {
    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    fn has(&self, line: &str) -> bool {
        self.lines().iter().any(|said| said == line)
    }

    /// The mail that was sent, its headers unfolded and its body decoded.
    fn data(&self) -> (Vec<String>, String) {
        let lines = self.lines();
        let data = lines.iter().position(|line| line == "DATA").unwrap();
        let end = lines.iter().position(|line| line == ".").unwrap();
        let mut parts = lines[data + 1..end].splitn(2, |line| line.is_empty());
        let headers = parts.next().unwrap().join("\n").replace("\n ", " ");
        let headers: Vec<String> = headers.lines().map(str::to_owned).collect();
        let body = parts.next().unwrap().join("\n");
        let is_quoted =
            headers.iter().any(|line| line == "Content-Transfer-Encoding: quoted-printable");
        (headers, if is_quoted { body.replace("=\n", "").replace("=3D", "=") } else { body })
    }
}

/// A server that answers `RCPT` with this, as often as it is asked; its port.
async fn server(rcpt: &'static str, transcript: Transcript) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(converse(stream, rcpt, transcript.clone()));
        }
    });
    port
}

async fn converse(stream: TcpStream, rcpt: &str, transcript: Transcript) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 mail.example.org ESMTP\r\n").await?;
    let mut is_data = false;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let line = line.trim_end_matches("\r\n").to_owned();
        transcript.0.lock().unwrap().push(line.clone());
        let verb = line.split(' ').next().unwrap_or_default().to_ascii_uppercase();
        let answer = match verb.as_str() {
            _ if is_data && line == "." => {
                is_data = false;
                "250 taken"
            }
            _ if is_data => continue,
            "EHLO" => "250-mail.example.org\r\n250-AUTH PLAIN\r\n250 8BITMIME",
            "AUTH" => "235 welcome",
            "MAIL" | "RSET" | "NOOP" => "250 ok",
            "RCPT" => rcpt,
            "DATA" => {
                is_data = true;
                "354 go on"
            }
            "QUIT" => "221 bye",
            _ => "500 what?",
        };
        stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
        if verb == "QUIT" && !is_data {
            return Ok(());
        }
    }
}

async fn reset_mail() -> Mail {
    let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    let reset = OneTimePurpose::ResetPassword;
    let token = OneTimeTokens::new().issue(&store, reset, "7", "", now).await.unwrap();
    let links = MailLinks::new("https://app.example.org").unwrap();
    let mail = Mail::new(MailKind::ResetPassword, TO, "alice");
    mail.with_token(token, Duration::from_secs(1800), Some(&links))
}

#[tokio::test]
async fn a_mail_arrives_as_it_was_written() {
    let transcript = Transcript::default();
    let port = server("250 ok", transcript.clone()).await;
    let url = format!("smtp://service:se%3Acret@127.0.0.1:{port}/api.example.org");
    let mailer = SmtpMailer::new(&url, FROM).unwrap();
    let mail = reset_mail().await;
    mailer.send(&mail).await.unwrap();

    assert!(transcript.has("EHLO api.example.org"), "{:?}", transcript.lines());
    let credentials = {
        use base64::Engine;
        base64::engine::general_purpose::STANDARD.encode("\0service\0se:cret")
    };
    assert!(transcript.has(&format!("AUTH PLAIN {credentials}")), "{:?}", transcript.lines());
    let said = transcript.lines();
    assert!(said.iter().any(|line| line.starts_with("MAIL FROM:<no-reply@example.org>")));
    assert!(said.iter().any(|line| line.starts_with(&format!("RCPT TO:<{TO}>"))));

    let (headers, body) = transcript.data();
    for header in [
        "Subject: Set a new password",
        "To: alice@example.com",
        "Auto-Submitted: auto-generated",
        "Content-Type: text/plain; charset=utf-8",
    ] {
        assert!(headers.iter().any(|line| line == header), "{header}: {headers:?}");
    }
    assert!(headers.iter().any(|line| line.starts_with("From: ") && line.contains("Example")));
    let id = headers.iter().find_map(|line| line.strip_prefix("Message-ID: <")).unwrap();
    assert!(id.ends_with("@example.org>"), "{id}");
    assert!(headers.iter().any(|line| line.starts_with("Date: ")));
    assert_eq!(body.trim_end(), mail.text().body.trim_end());
    assert!(body.contains(mail.link().unwrap()), "{body}");
    assert!(!headers.concat().contains(mail.token().unwrap()));

    let shown = format!("{mailer:?}");
    assert!(!shown.contains("cret") && !shown.contains("127.0.0.1"), "{shown}");
}

#[tokio::test]
async fn texts_can_be_others_and_add_no_headers() {
    let transcript = Transcript::default();
    let port = server("250 ok", transcript.clone()).await;
    let mailer = SmtpMailer::new(&format!("smtp://127.0.0.1:{port}"), FROM).unwrap();
    let mailer = mailer.texts(|mail| {
        let subject = format!("F\u{fc}r {}\r\nBcc: mallory@example.com", mail.username);
        MailText::new(subject, "Hello,\n.\nQUIT\n")
    });
    mailer.send(&reset_mail().await).await.unwrap();
    let (headers, body) = transcript.data();
    assert!(!headers.iter().any(|line| line.starts_with("Bcc")), "{headers:?}");
    assert!(body.contains("QUIT"), "a dot on a line of its own is no end: {body}");
    assert!(!transcript.has("RCPT TO:<mallory@example.com>"));
}

#[tokio::test]
async fn faults_are_told_apart_and_show_nothing_of_the_mail() {
    for (answer, is_temporary) in [
        ("550 no such user alice@example.com here", false),
        ("450 greylisted, alice@example.com", true),
    ] {
        let port = server(answer, Transcript::default()).await;
        let mailer = SmtpMailer::new(&format!("smtp://127.0.0.1:{port}"), FROM).unwrap();
        let error = mailer.send(&reset_mail().await).await.unwrap_err();
        assert_eq!(error.is_temporary(), is_temporary, "{error}");
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("alice") && !shown.contains("reset_"), "{shown}");
    }
    // Nobody listens there any more.
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap().port()
    };
    let mailer = SmtpMailer::new(&format!("smtp://127.0.0.1:{port}"), FROM).unwrap();
    let error = mailer.send(&reset_mail().await).await.unwrap_err();
    assert!(error.is_temporary(), "{error}");
    let mailer = SmtpMailer::new("smtp://localhost", FROM).unwrap();
    let nowhere = Mail::new(MailKind::PasswordChanged, "no address", "alice");
    assert!(!mailer.send(&nowhere).await.unwrap_err().is_temporary());
}

#[tokio::test]
async fn tls_that_was_asked_for_is_never_left_out() {
    let transcript = Transcript::default();
    let port = server("250 ok", transcript.clone()).await;
    for url in [
        format!("smtp://u:p@127.0.0.1:{port}?tls=required"),
        format!("smtps://u:p@127.0.0.1:{port}"),
    ] {
        let mailer = SmtpMailer::new(&url, FROM).unwrap();
        mailer.send(&reset_mail().await).await.unwrap_err();
    }
    let said = transcript.lines().join("\n");
    assert!(!said.contains("AUTH") && !said.contains("MAIL") && !said.contains("DATA"), "{said}");
}

#[test]
fn settings_that_can_not_be_right_are_refused_without_showing_them() {
    for url in [
        "",
        "mail.example.org",
        "http://mail.example.org",
        "smtp://",
        "smtp://mail.example.org",
        "smtp://mail.example.org?tls=opportunistic",
        "smtp://secret@mail.example.org",
        "smtps://mail.example.org?tls=none",
        "smtp://localhost?tls=maybe",
        "smtp://a b",
    ] {
        let error = SmtpMailer::new(url, FROM).unwrap_err();
        assert!(error.to_string().contains("mail server"), "{error}");
        assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
    }
    for url in [
        "smtps://mail.example.org",
        "smtp://mail.example.org:587?tls=required",
        "smtp://mail.example.org:25?tls=none",
        "smtp://localhost:1025",
        "smtp://[::1]",
    ] {
        SmtpMailer::new(url, FROM).unwrap();
    }
    for from in ["", "Example", "Example <>", "a@b@c", "no-reply@example.org\r\nBcc: x@y.z"] {
        SmtpMailer::new("smtp://localhost", from).unwrap_err();
    }
}
