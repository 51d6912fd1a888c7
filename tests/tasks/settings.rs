//! Environment variables set to nonsense, and the file `.env`.

use std::fs;
use std::path::Path;

use crate::service::{JSON, NONE, PASSWORD, SECRET, Service, directory, refusal};

#[test]
fn nonsense_in_a_variable_names_the_variable_and_the_rule() {
    let dir = directory();
    let weak = "correct-horse-battery-staple";
    let placeholder = "changeme-changeme-0123456789-abcdef";
    for (variable, value, rule) in [
        ("TASKS_ADDR", "here", "must be an IP address and a port"),
        ("TASKS_ADDR", "127.0.0.1:99999", "must be an IP address and a port"),
        ("TASKS_ADDR", "203.0.113.1:80", "can't be used"),
        ("DATABASE_URL", "mysql://me:s3cret@host/db", "must begin with sqlite: or postgres:"),
        ("DATABASE_URL", "postgres://me:s3cret@[::1/db", "can't be read"),
        ("DATABASE_URL", "postgres://me:s3cret@host/db?host=/no/such/directory", "out of reach"),
        ("REDIS_URL", "127.0.0.1:6379/s3cret", "must begin with redis://, rediss:// or"),
        ("REDIS_URL", "redis://me:s3cret@[::1/0", "can't be read"),
        ("REDIS_URL", "redis+unix:///no/such/socket?pass=s3cret", "out of reach"),
        ("DATABASE_URL", "sqlite://none.db", "can't be opened"),
        ("DATABASE_URL", "sqlite://no/such/directory/tasks.db?mode=rwc", "its directory"),
        ("DATABASE_URL", "sqlite://tasks.db?mode=nonsense", "can't be read"),
        ("JWT_SECRET", "short", "needs at least 32"),
        ("JWT_SECRET", weak, "needs at least 32"),
        ("JWT_SECRET", placeholder, "it is a placeholder"),
        ("JWT_ALGORITHM", "none", "must be one of HS256"),
        ("JWT_ALGORITHM", "hs256", "must be one of HS256"),
        ("JWT_PRIVATE_KEY_FILE", "none.pem", "must name a readable file"),
        ("JWT_TRUSTED_JWKS_FILE", "none.json", "must name a readable file"),
        ("JWT_ISSUER", "two words", "visible ASCII"),
        ("JWT_AUDIENCE", "line\nbreak", "visible ASCII"),
        ("JWT_LEEWAY_SECONDS", "301", "a whole number of seconds from 0 to 300, not \"301\""),
        ("JWT_LEEWAY_SECONDS", "-1", "a whole number of seconds"),
        ("ACCESS_TOKEN_EXPIRE_MINUTES", "abc", "a whole number of minutes from 1 to 1440"),
        ("ACCESS_TOKEN_EXPIRE_MINUTES", "0", "a whole number of minutes from 1 to 1440"),
        ("ACCESS_TOKEN_EXPIRE_MINUTES", "1.5", "a whole number of minutes from 1 to 1440"),
        ("REFRESH_TOKEN_EXPIRE_DAYS", "99999999999999999999", "a whole number of days"),
        ("REFRESH_REUSE_SECONDS", "61", "a whole number of seconds from 0 to 60"),
        ("LOGIN_RATE", "5", "must be a rate, as 5/minute"),
        ("LOGIN_RATE", "0/minute", "must be a rate, as 5/minute"),
        ("LOGIN_RATE_PER_ADDRESS", "5/fortnight", "must be a rate, as 5/minute"),
        ("LOGIN_BACKOFF", "true", "must be on or off, not \"true\""),
        ("TRUSTED_PROXIES", "10.0.0.0/8,", "an IP address, or a network such as 10.0.0.0/8"),
        ("TRUSTED_PROXIES", "10.0.0.1/8", "it has bits beyond its prefix"),
        ("TRUSTED_PROXIES", "0.0.0.0/0", "trusts everybody"),
        ("PASSWORD_POLICY", "strong", "must be nist, nist-mfa, asvs or composition"),
        ("CLIENTS_FILE", "none.json", "must name a readable file"),
    ] {
        let faults = refusal(dir.path(), &[(variable, value)]);
        assert_eq!(faults.len(), 1, "{variable}={value}: {faults:?}");
        assert!(faults[0].starts_with(variable), "{faults:?}");
        assert!(faults[0].contains(rule), "{faults:?}");
        let secret = variable == "JWT_SECRET" || value.contains("s3cret");
        assert!(!secret || !faults[0].contains(value), "{faults:?}");
    }
    assert!(!dir.path().join("no").exists());
}

#[cfg(unix)]
#[test]
fn what_is_not_utf_8_is_named() {
    use std::os::unix::ffi::OsStrExt;
    let dir = directory();
    let value = std::ffi::OsStr::from_bytes(b"\xff");
    assert_eq!(refusal(dir.path(), &[("JWT_SECRET", value)]), ["JWT_SECRET must be UTF-8"]);
    fs::write(dir.path().join(".env"), b"JWT_SECRET=\xff\n").unwrap();
    let faults = refusal(dir.path(), NONE);
    assert_eq!(faults.len(), 1);
    assert!(faults[0].starts_with("the file .env can't be read"), "{faults:?}");
}

#[test]
fn all_faults_are_told_at_once() {
    let dir = directory();
    let faults = refusal(
        dir.path(),
        &[
            ("TASKS_ADDR", "x"),
            ("DATABASE_URL", "x"),
            ("REDIS_URL", "x"),
            ("JWT_ALGORITHM", "x"),
            ("JWT_SECRET", "x"),
            ("JWT_ISSUER", " "),
            ("JWT_LEEWAY_SECONDS", "x"),
            ("ACCESS_TOKEN_EXPIRE_MINUTES", "x"),
            ("REFRESH_TOKEN_EXPIRE_DAYS", "x"),
            ("ADMIN_USERNAME", "x y"),
            ("ADMIN_PASSWORD", "x"),
            ("REFRESH_REUSE_SECONDS", "x"),
            ("LOGIN_RATE", "x"),
            ("LOGIN_RATE_PER_ADDRESS", "x"),
            ("LOGIN_BACKOFF", "x"),
            ("TRUSTED_PROXIES", "x"),
            ("PASSWORD_POLICY", "x"),
            ("CLIENTS_FILE", "x"),
        ],
    );
    assert_eq!(faults.len(), 18, "{faults:#?}");
    assert!(!dir.path().join("tasks.db").exists());
}

#[test]
fn r058_a_secret_must_fit_its_algorithm() {
    let dir = directory();
    for (algorithm, minimum) in [("HS384", 48), ("HS512", 64)] {
        let faults = refusal(dir.path(), &[("JWT_ALGORITHM", algorithm), ("JWT_SECRET", SECRET)]);
        let expected =
            format!("JWT_SECRET: the {algorithm} secret has 32 bytes and needs at least {minimum}");
        assert!(faults[0].starts_with(&expected), "{faults:?}");
    }
}

#[test]
fn a_key_file_must_hold_the_key_of_the_algorithm() {
    let dir = directory();
    let keys = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys");
    fs::write(dir.path().join("text"), "no key").unwrap();
    let refuse = |algorithm: &str, file: &str| {
        let file = if file.ends_with(".pem") { keys.join(file) } else { file.into() };
        let variables =
            [("JWT_ALGORITHM", algorithm), ("JWT_PRIVATE_KEY_FILE", file.to_str().unwrap())];
        let faults = refusal(dir.path(), &variables);
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(faults[0].starts_with("JWT_PRIVATE_KEY_FILE"), "{faults:?}");
        faults.concat()
    };
    let missing = refuse("ES256", "");
    assert!(missing.ends_with("must name a PEM file with the ES256 key"), "{missing}");
    for (algorithm, file) in [
        ("ES256", "text"),
        ("ES256", "."),
        ("ES256", "rsa2048.pem"),
        ("ES256", "p384.pem"),
        ("ES256", "p256.pub.pem"),
        ("RS256", "ed25519.pem"),
        ("RS256", "rsa1024.pem"),
        ("EdDSA", "p256.pem"),
    ] {
        refuse(algorithm, file);
    }
}

#[test]
fn a_key_set_must_hold_a_key_that_can_verify() {
    let dir = directory();
    for (text, reason) in [
        ("nonsense", "the key set is not JSON"),
        ("[]", "no array named keys"),
        (r#"{"keys":[]}"#, "no key that can verify"),
        (r#"{"keys":[{"kty":"what"}]}"#, "no key that can verify"),
    ] {
        fs::write(dir.path().join("jwks.json"), text).unwrap();
        let faults = refusal(dir.path(), &[("JWT_TRUSTED_JWKS_FILE", "jwks.json")]);
        assert_eq!(faults.len(), 1);
        assert!(faults[0].starts_with("JWT_TRUSTED_JWKS_FILE \"jwks.json\""), "{faults:?}");
        assert!(faults[0].contains(reason), "{faults:?}");
    }
}

#[test]
fn the_policy_of_passwords_is_that_of_the_setting() {
    let dir = directory();
    let admin = |policy: &'static str, password: &'static str| {
        let variables =
            [("PASSWORD_POLICY", policy), ("ADMIN_USERNAME", "root"), ("ADMIN_PASSWORD", password)];
        refusal(dir.path(), &variables).concat()
    };
    assert!(admin("nist", "14 characters!").contains("at least 15 characters"));
    assert!(admin("composition", "a long password").contains("an upper-case letter"));

    let service = Service::start(&[("PASSWORD_POLICY", "composition")]);
    let refused = service.register("alice");
    assert_eq!((refused.status, refused.json()["field"].as_str()), (422, Some("password")));
    let body = r#"{"username":"alice","password":"Correct horse 7!"}"#;
    assert_eq!(service.send("POST /auth/register", &[JSON], body).status, 201);
}

#[test]
fn a_file_of_clients_must_hold_clients() {
    let dir = directory();
    for (text, reason) in [
        ("nonsense", "line 1"),
        (r#"{"clients":[{"id":"gateway","secret":"s3cret"}]}"#, "at least 32 characters"),
        (r#"{"clients":[{"id":"gateway","may_introspect":true}]}"#, "a client with a secret"),
        (r#"{"clients":[{"id":"gateway","secrets":"s3cret"}]}"#, "line 1"),
    ] {
        fs::write(dir.path().join("clients.json"), text).unwrap();
        let faults = refusal(dir.path(), &[("CLIENTS_FILE", "clients.json")]);
        assert_eq!(faults.len(), 1);
        assert!(faults[0].starts_with("CLIENTS_FILE \"clients.json\""), "{faults:?}");
        assert!(faults[0].contains(reason) && !faults[0].contains("s3cret"), "{faults:?}");
    }
}

#[test]
fn an_unused_key_file_is_told() {
    let dir = std::sync::Arc::new(directory());
    fs::write(dir.path().join("key.pem"), "any text").unwrap();
    let mut service = Service::start_in(
        dir,
        &[("JWT_SECRET", SECRET), ("JWT_PRIVATE_KEY_FILE", "key.pem"), ("JWT_AUDIENCE", "")],
    );
    let log = service.end();
    assert!(
        log.contains("WARN JWT_SECRET signs, and JWT_PRIVATE_KEY_FILE is not used algorithm=HS256"),
        "{log}"
    );
}

#[test]
fn the_file_is_read_and_the_environment_wins() {
    let dir = std::sync::Arc::new(directory());
    let text = "\u{feff}# a comment\n\nACCESS_TOKEN_EXPIRE_MINUTES='2'\r\n\
                export DATABASE_URL = \"sqlite://other.db?mode=rwc\"\nJWT_LEEWAY_SECONDS=abc\n";
    fs::write(dir.path().join(".env"), text).unwrap();
    let faults = refusal(dir.path(), NONE);
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].starts_with("JWT_LEEWAY_SECONDS must be"), "{faults:?}");

    // An empty variable hides the file's and counts as absent.
    let service = Service::start_in(dir, &[("JWT_LEEWAY_SECONDS", "")]);
    assert!(service.path("other.db").exists());
    service.user("alice");
    assert_eq!(service.log_in("alice", PASSWORD).json()["expires_in"], 120);
    let service = service
        .kill_and_restart(&[("JWT_LEEWAY_SECONDS", "0"), ("ACCESS_TOKEN_EXPIRE_MINUTES", "3")]);
    assert_eq!(service.log_in("alice", PASSWORD).json()["expires_in"], 180);
}

#[test]
fn secrets_may_come_from_files() {
    let dir = std::sync::Arc::new(directory());
    fs::write(dir.path().join("secret"), format!("{SECRET}\n")).unwrap();
    fs::write(dir.path().join("password"), "a long password\n").unwrap();
    fs::write(dir.path().join("url"), "sqlite://other.db?mode=rwc\n").unwrap();
    let variables = [
        ("JWT_SECRET_FILE", "secret"),
        ("DATABASE_URL_FILE", "url"),
        ("ADMIN_USERNAME", "root"),
        ("ADMIN_PASSWORD_FILE", "password"),
    ];
    let service = Service::start_in(std::sync::Arc::clone(&dir), &variables);
    assert!(service.path("other.db").exists());
    assert_eq!(service.log_in("root", "a long password").status, 200);
    assert!(!service.end_of_log().contains("a secret is not set"));
    let both = [variables[0], ("JWT_SECRET", SECRET)];
    assert_eq!(
        refusal(dir.path(), &both),
        ["JWT_SECRET and JWT_SECRET_FILE are both set; leave one out"]
    );
}

#[test]
fn a_line_of_the_file_that_is_none_is_named_and_not_shown() {
    let dir = directory();
    fs::write(dir.path().join(".env"), "A=1\nJWT_SECRET s3cret\n=x\n").unwrap();
    assert_eq!(
        refusal(dir.path(), NONE),
        ["line 2 of .env must be NAME=value", "line 3 of .env must be NAME=value"]
    );
}
