mod rotation;
mod secrets;

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use axum::body::Body;
use http::{Request, header};
use tempfile::TempDir;
use tower::ServiceExt;

use super::*;
use crate::{Grant, LoginRouter, MemoryStore, OwaspParameters, UserStore, Username};

const SECRET: &str = "J8yOFyaWR5lcJmWMW2UO3WnF8v0QbIzE";
const PEPPER: &str = "GkJ3CkJi0hPrIxRBNcfGSM1TqZvuTOlnHbFdRl8ZwVo";

/// What has to be set, and what a test changes.
fn read(changes: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    let least = [
        ("JWT_SECRET", SECRET),
        ("JWT_ISSUER", "https://me"),
        ("JWT_AUDIENCE", "api"),
        ("DATABASE_URL", "sqlite://app.db"),
    ];
    Settings::from_vars(least.iter().chain(changes).copied())
}

/// The one fault.
fn fault(changes: &[(&str, &str)]) -> String {
    let error = read(changes).unwrap_err();
    let faults: Vec<&str> = error.faults().collect();
    assert_eq!(faults.len(), 1, "{changes:?}: {faults:?}");
    faults.concat()
}

fn file(directory: &TempDir, name: &str, text: &str) -> String {
    let path: PathBuf = directory.path().join(name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn the_defaults_are_those_of_the_builders() {
    let settings = read(&[]).unwrap();
    assert_eq!(settings.database_url(), "sqlite://app.db");
    assert_eq!((settings.redis_url(), settings.public_url()), (None, None));
    assert_eq!(settings.issuer().lifetime(), Duration::from_secs(15 * 60));
    assert_eq!(format!("{:?}", settings.refresh), format!("{:?}", RefreshTokens::new()));
    assert_eq!(format!("{:?}", settings.throttle), format!("{:?}", LoginThrottle::new()));
    assert_eq!(format!("{:?}", settings.hasher), format!("{:?}", Hasher::builder()));
    assert_eq!(format!("{:?}", settings.policy), format!("{:?}", PasswordPolicy::nist()));
    assert_eq!(format!("{:?}", settings.addresses), "Connection");
    assert!(settings.clients.is_none() && settings.admin.is_none());
    let token = settings.issuer().issue(&Grant::new("alice")).unwrap();
    let verified = settings.issuer().verifier().unwrap().check_at_hand(&token).unwrap();
    assert_eq!(verified.subject(), Some("alice"));
}

#[test]
fn each_variable_is_read() {
    let settings = read(&[
        ("REDIS_URL", "rediss://cache"),
        ("JWT_ALGORITHM", "HS256"),
        ("ACCESS_TOKEN_EXPIRE_MINUTES", "5"),
        ("REFRESH_TOKEN_EXPIRE_DAYS", "7"),
        ("REFRESH_IDLE_DAYS", "2"),
        ("REFRESH_REUSE_SECONDS", "10"),
        ("LOGIN_RATE", "8/3s"),
        ("LOGIN_RATE_PER_ADDRESS", "off"),
        ("LOGIN_BACKOFF", "off"),
        ("TRUSTED_PROXIES", "10.0.0.0/8, ::1"),
        ("TRUSTED_PROXY_HEADER", "Forwarded"),
        ("PASSWORD_POLICY", "composition"),
        ("PASSWORD_PEPPER", &format!("2026-10:{PEPPER}")),
        ("HASHING_MEMORY", "7MiB"),
        ("HASHING_THREADS", "3"),
        ("HASHING_QUEUE", "10"),
        ("REGISTER_MODE", "private"),
        ("PUBLIC_URL", "https://tasks.example.com/app/"),
    ])
    .unwrap();
    assert_eq!(settings.redis_url(), Some("rediss://cache"));
    assert_eq!(settings.public_url(), Some("https://tasks.example.com/app"));
    assert!(settings.mail_links.is_some());
    assert_eq!(settings.register_mode, RegisterMode::Private);
    assert_eq!(settings.issuer().lifetime(), Duration::from_secs(5 * 60));
    let day = Duration::from_secs(24 * 3600);
    let refresh = RefreshTokens::new().lifetime(7 * day).idle_timeout(2 * day);
    let refresh = refresh.reuse_interval(Duration::from_secs(10));
    assert_eq!(format!("{:?}", settings.refresh), format!("{refresh:?}"));
    let throttle = LoginThrottle::new().per_account(crate::Rate::new(8, 3 * day / 86_400).unwrap());
    let throttle = throttle.per_address(None).registrations(None).backoff(false);
    assert_eq!(format!("{:?}", settings.throttle), format!("{throttle:?}"));
    let addresses = format!("{:?}", settings.client_address());
    assert!(addresses.starts_with("Forwarded") && addresses.contains("10.0.0.0/8"), "{addresses}");
    let proxies = settings.trusted_proxies().unwrap();
    assert!(proxies.contains("10.1.2.3".parse().unwrap()));
    assert!(!proxies.contains("192.0.2.7".parse().unwrap()));
    let hasher = Hasher::builder().owasp(OwaspParameters::Memory7MiB).threads(3).queue(10);
    let hasher = hasher.pepper("2026-10", PEPPER);
    assert_eq!(format!("{:?}", settings.hasher), format!("{hasher:?}"));
    assert!(settings.password_policy().check("aA1-aA1-bB2").is_ok());
    assert!(settings.password_policy().check("correct horse battery").is_err());
}

#[test]
fn what_breaks_a_rule_is_named_with_the_rule() {
    for (variable, value, rule) in [
        ("DATABASE_URL", "mysql://me:s3cret@host", "must begin with sqlite: or postgres:"),
        (
            "REDIS_URL",
            "http://me:s3cret@host",
            "must begin with redis://, rediss:// or redis+unix://",
        ),
        ("JWT_SECRET", "s3cret", "needs at least 32"),
        ("JWT_SECRET", "changeme-changeme-0123456789-abcdef", "it is a placeholder"),
        ("JWT_ALGORITHM", "none", "must be one of HS256"),
        ("JWT_ALGORITHM", "ES256", "JWT_PRIVATE_KEY_FILE must name a PEM file"),
        ("JWT_PRIVATE_KEY_FILE", "none.pem", "must name a readable file"),
        ("JWT_TRUSTED_JWKS_FILE", "none.json", "must name a readable file"),
        ("JWT_ISSUER", "two words", "visible ASCII"),
        ("JWT_AUDIENCE", "line\nbreak", "visible ASCII"),
        ("JWT_LEEWAY_SECONDS", "301", "seconds from 0 to 300, not \"301\""),
        ("ACCESS_TOKEN_EXPIRE_MINUTES", "1.5", "minutes from 1 to 1440"),
        ("REFRESH_TOKEN_EXPIRE_DAYS", "99999999999999999999", "days from 1 to 3650"),
        ("REFRESH_IDLE_DAYS", "0", "days from 1 to 3650"),
        ("REFRESH_REUSE_SECONDS", "61", "seconds from 0 to 60"),
        ("LOGIN_RATE", "5 a minute", "a rate, as 5/minute"),
        ("LOGIN_RATE_PER_ADDRESS", "0/minute", "a rate, as 5/minute"),
        ("LOGIN_BACKOFF", "yes", "on or off"),
        ("TRUSTED_PROXIES", "0.0.0.0/0", "a prefix of 0 trusts everybody"),
        ("TRUSTED_PROXIES", "proxy", "must be an IP address"),
        ("TRUSTED_PROXY_HEADER", "X-Real-IP", "x-forwarded-for or forwarded"),
        ("PASSWORD_POLICY", "strong", "nist, nist-mfa, asvs or composition"),
        ("PASSWORD_PEPPER", PEPPER, "must be ID:SECRET"),
        ("PASSWORD_PEPPER", "2026:s3cret", "at least 32 bytes"),
        ("PASSWORD_PREVIOUS_PEPPERS", PEPPER, "must be ID:SECRET"),
        ("HASHING_MEMORY", "64MiB", "one of 46MiB"),
        ("HASHING_THREADS", "0", "threads from 1 to 256"),
        ("HASHING_QUEUE", "many", "from 1 to 65536"),
        ("CLIENTS_FILE", "none.json", "must name a readable file"),
        ("ADMIN_USERNAME", "root", "ADMIN_PASSWORD must be set"),
        ("ADMIN_PASSWORD", "correct horse battery", "ADMIN_USERNAME must be set"),
        ("REGISTER_MODE", "quiet", "must be conflict or private"),
        ("PUBLIC_URL", "tasks.example.com", "a URL with https:, or http: and localhost"),
        ("PUBLIC_URL", "http://tasks.example.com", "a URL with https:, or http: and localhost"),
        ("PUBLIC_URL", "https://tasks.example.com/?a=b", "without query and fragment"),
    ] {
        let fault = fault(&[(variable, value)]);
        let other = rule.starts_with("JWT_") || rule.starts_with("ADMIN_");
        assert!(other || fault.starts_with(variable), "{fault}");
        assert!(fault.contains(rule), "{fault}");
        assert!(!fault.contains("s3cret") && !fault.contains(PEPPER), "{fault}");
    }
}

#[test]
fn all_faults_are_told_at_once() {
    let error =
        Settings::from_vars([("JWT_LEEWAY_SECONDS", "x"), ("LOGIN_RATE", "x")]).unwrap_err();
    let faults: Vec<&str> = error.faults().map(|fault| fault.split(' ').next().unwrap()).collect();
    let named = [
        "DATABASE_URL",
        "JWT_SECRET",
        "JWT_ISSUER",
        "JWT_AUDIENCE",
        "JWT_LEEWAY_SECONDS",
        "LOGIN_RATE",
    ];
    assert_eq!(faults, named);
    assert_eq!(error.to_string().lines().count(), faults.len());
}

#[test]
fn defaults_give_way_and_an_empty_variable_is_none() {
    let read = |pairs: &[(&str, &str)]| {
        let variables = Variables::from_pairs(pairs.iter().copied())
            .default("JWT_SECRET", SECRET)
            .default("JWT_ISSUER", "https://me")
            .default("JWT_AUDIENCE", "api")
            .default("DATABASE_URL", "sqlite://default.db");
        Settings::read(variables).unwrap()
    };
    assert_eq!(read(&[]).database_url(), "sqlite://default.db");
    assert_eq!(read(&[("DATABASE_URL", "")]).database_url(), "sqlite://default.db");
    assert_eq!(read(&[("DATABASE_URL", "sqlite://set.db")]).database_url(), "sqlite://set.db");
}

#[test]
fn a_key_file_and_a_clients_file_must_hold_what_they_are_for() {
    let directory = tempfile::tempdir().unwrap();
    let pem = include_str!("../../../tests/keys/p256.pem");
    let path = file(&directory, "key.pem", pem);
    let es256 = read(&[("JWT_ALGORITHM", "ES256"), ("JWT_PRIVATE_KEY_FILE", &path)]).unwrap();
    assert!(es256.issuer().issue(&Grant::new("alice")).is_ok());
    let wrong = fault(&[("JWT_ALGORITHM", "ES384"), ("JWT_PRIVATE_KEY_FILE", &path)]);
    assert!(wrong.starts_with("JWT_PRIVATE_KEY_FILE ") && wrong.contains("ES384"), "{wrong}");

    let text = r#"{"clients":[{"id":"gateway","secret":"gZ1yq0x7mJ4VfQ5sTn8Lr2WcKe9HbUpA"}]}"#;
    let path = file(&directory, "clients.json", text);
    assert!(read(&[("CLIENTS_FILE", &path)]).unwrap().clients.is_some());
    let path =
        file(&directory, "clients.json", r#"{"clients":[{"id":"gateway","secret":"s3cret"}]}"#);
    let wrong = fault(&[("CLIENTS_FILE", &path)]);
    assert!(wrong.starts_with("CLIENTS_FILE ") && !wrong.contains("s3cret"), "{wrong}");

    let public = crate::SigningKeys::new_jwks(crate::Algorithm::EdDSA, Duration::ZERO).unwrap();
    let public = crate::SigningKeys::public_jwks(&public).unwrap();
    let path = file(&directory, "trusted.json", &public);
    let trusted = read(&[("JWT_TRUSTED_JWKS_FILE", &path)]).unwrap().trusted_keys();
    assert_eq!(trusted.len(), 2);
    let path = file(&directory, "trusted.json", r#"{"keys":[]}"#);
    let wrong = fault(&[("JWT_TRUSTED_JWKS_FILE", &path)]);
    assert!(wrong.contains("no key that can verify"), "{wrong}");
}

#[tokio::test]
async fn the_first_administrator_is_made_once() {
    let admin = [("ADMIN_USERNAME", "root"), ("ADMIN_PASSWORD", "correct horse battery")];
    let weak = fault(&[admin[0], ("ADMIN_PASSWORD", "tr0ub4dor&3")]);
    assert_eq!(weak, "ADMIN_PASSWORD: the password needs at least 15 characters");
    let name = fault(&[admin[0], ("ADMIN_PASSWORD", "root root root root")]);
    assert!(name.starts_with("ADMIN_PASSWORD: "), "{name}");
    assert!(fault(&[("ADMIN_USERNAME", "x y"), admin[1]]).starts_with("ADMIN_USERNAME: "));

    let store = MemoryStore::new();
    let settings = read(&admin).unwrap();
    settings.create_admin(&store, |admin| admin.roles(["admin"])).await.unwrap();
    let find = async || {
        let name = Username::new("root").unwrap();
        store.find_user_by_username(&name).await.unwrap().unwrap()
    };
    let root = find().await;
    assert_eq!(root.roles, ["admin"]);
    let changed = read(&[admin[0], ("ADMIN_PASSWORD", "another horse battery")]).unwrap();
    changed.create_admin(&store, |admin| admin.roles(["admin", "more"])).await.unwrap();
    assert_eq!(find().await, root);
    read(&[]).unwrap().create_admin(&store, |admin| admin).await.unwrap();
}

#[tokio::test]
async fn a_router_takes_them() {
    let pepper = format!("2026-10:{PEPPER}");
    let settings = read(&[
        ("PASSWORD_POLICY", "composition"),
        ("PASSWORD_PEPPER", &pepper),
        ("LOGIN_RATE_PER_ADDRESS", "1/hour"),
    ]);
    let settings = settings.unwrap();
    let store = MemoryStore::new();
    let app = LoginRouter::new(store.clone(), settings.issuer()).settings(&settings).unwrap();
    let app = app.into_router();
    let ask = async |path: &str, password: &str| {
        let body = format!(r#"{{"username":"alice","password":"{password}"}}"#);
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
        let answer = app.clone().oneshot(request.body(Body::from(body)).unwrap()).await;
        answer.unwrap().status().as_u16()
    };
    assert_eq!(ask("/register", "correct horse battery").await, 422);
    assert_eq!(ask("/register", "Correct horse 7!").await, 201);
    let alice = store.find_user_by_username(&Username::new("alice").unwrap()).await.unwrap();
    assert!(alice.unwrap().password_hash().contains("keyid="));
    assert_eq!(ask("/login", "Correct horse 7!").await, 200);
    assert_eq!(ask("/login", "wrong").await, 400);
    assert_eq!(ask("/login", "Correct horse 7!").await, 429);
}
