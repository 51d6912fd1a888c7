//! What the environment decides, with its rules and defaults.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use tower_bearer::{
    AddressSource, Clients, KeySet, LoginThrottle, PasswordPolicy, RefreshTokens, SigningKey,
};

use crate::admin::Admin;
use crate::database::Database;
use crate::environment::{Environment, File};
use crate::{keys, limits};

const DEFAULT_ADDR: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8000);

/// The settings, each named after its variable unless it says otherwise.
pub(crate) struct Settings {
    /// `TASKS_ADDR`: 127.0.0.1:8000.
    pub(crate) addr: SocketAddr,
    /// `DATABASE_URL`, `sqlite:` or `postgres:`: `sqlite://tasks.db?mode=rwc`.
    pub(crate) database_url: String,
    /// `REDIS_URL`: where sessions and what limits count are kept. In the database.
    pub(crate) redis_url: Option<String>,
    /// `JWT_ALGORITHM` (HS256) with `JWT_SECRET` (a random one) or `JWT_PRIVATE_KEY_FILE`.
    pub(crate) key: SigningKey,
    /// `JWT_TRUSTED_JWKS_FILE`: more keys to verify with. None.
    pub(crate) trusted_keys: KeySet,
    /// `JWT_ISSUER`: `http://` and the address.
    pub(crate) issuer: Option<String>,
    /// `JWT_AUDIENCE`: `tasks`.
    pub(crate) audience: String,
    /// `JWT_LEEWAY_SECONDS`: 0.
    pub(crate) leeway: Duration,
    /// `ACCESS_TOKEN_EXPIRE_MINUTES`: 15.
    pub(crate) access_token_lifetime: Duration,
    /// `REFRESH_TOKEN_EXPIRE_DAYS` (30) and `REFRESH_REUSE_SECONDS` (0).
    pub(crate) refresh_tokens: RefreshTokens,
    /// `PASSWORD_POLICY`: `asvs`.
    pub(crate) password_policy: PasswordPolicy,
    /// `LOGIN_RATE`, `LOGIN_RATE_PER_ADDRESS` and `LOGIN_BACKOFF`.
    pub(crate) throttle: LoginThrottle,
    /// `TRUSTED_PROXIES`.
    pub(crate) client_address: AddressSource,
    /// `CLIENTS_FILE`: clients with a secret, as JSON. None, and nobody may introspect.
    pub(crate) clients: Option<Clients>,
    /// `ADMIN_USERNAME` and `ADMIN_PASSWORD`: nobody.
    pub(crate) admin: Option<Admin>,
    /// What works and may still surprise.
    pub(crate) warnings: Vec<String>,
}

impl Settings {
    /// Reads all variables, those in `.env` included. Others are ignored.
    ///
    /// # Errors
    ///
    /// One line for each variable that breaks its rule.
    pub(crate) fn from_environment() -> Result<Self, Vec<String>> {
        let mut environment = Environment::load();
        let mut warnings = Vec::new();

        let addr = environment
            .parsed("TASKS_ADDR", "an IP address and a port, as 127.0.0.1:8000", |text| {
                text.parse().ok()
            })
            .unwrap_or(DEFAULT_ADDR);
        let database_url = database_url(&mut environment);
        let redis_url = redis_url(&mut environment);
        let key = keys::signing_key(&mut environment, &mut warnings);
        let trusted_keys = keys::trusted_keys(&mut environment, &mut warnings);
        let issuer = name(&mut environment, "JWT_ISSUER");
        let audience = name(&mut environment, "JWT_AUDIENCE");
        let leeway = environment.number("JWT_LEEWAY_SECONDS", "seconds", 0..=300).unwrap_or(0);
        let minutes =
            environment.number("ACCESS_TOKEN_EXPIRE_MINUTES", "minutes", 1..=1440).unwrap_or(15);
        let days = environment.number("REFRESH_TOKEN_EXPIRE_DAYS", "days", 1..=3650).unwrap_or(30);
        let reuse = environment.number("REFRESH_REUSE_SECONDS", "seconds", 0..=60).unwrap_or(0);
        let password_policy = password_policy(&mut environment);
        let admin = Admin::from_environment(&mut environment, &password_policy);
        let throttle = limits::throttle(&mut environment);
        let client_address = limits::client_address(&mut environment);
        let clients = clients(&mut environment);

        let faults = environment.into_faults();
        match key {
            Some(key) if faults.is_empty() => Ok(Self {
                addr,
                database_url,
                redis_url,
                key,
                trusted_keys,
                issuer,
                audience: audience.unwrap_or_else(|| "tasks".to_owned()),
                leeway: Duration::from_secs(leeway),
                access_token_lifetime: Duration::from_secs(minutes * 60),
                refresh_tokens: RefreshTokens::new()
                    .lifetime(Duration::from_secs(days * 24 * 60 * 60))
                    .reuse_interval(Duration::from_secs(reuse))
                    // Whoever logs in with every run of a script keeps the browser logged in.
                    .most_sessions(1000),
                password_policy,
                throttle,
                client_address,
                clients,
                admin,
                warnings,
            }),
            _ => Err(faults),
        }
    }
}

fn database_url(environment: &mut Environment) -> String {
    let url = environment.text("DATABASE_URL");
    let url = url.unwrap_or_else(|| "sqlite://tasks.db?mode=rwc".to_owned());
    if !Database::takes(&url) {
        // Not shown, here and below: a URL may contain a password.
        environment.fault(
            "DATABASE_URL must begin with sqlite: or postgres:, as sqlite://tasks.db?mode=rwc"
                .to_owned(),
        );
    }
    url
}

fn redis_url(environment: &mut Environment) -> Option<String> {
    let url = environment.text("REDIS_URL")?;
    let schemes = ["redis://", "rediss://", "redis+unix://"];
    if !schemes.iter().any(|scheme| url.starts_with(scheme)) {
        environment.fault(
            "REDIS_URL must begin with redis://, rediss:// or redis+unix://, as \
             redis://127.0.0.1:6379"
                .to_owned(),
        );
    }
    Some(url)
}

fn password_policy(environment: &mut Environment) -> PasswordPolicy {
    let policy =
        environment.parsed("PASSWORD_POLICY", "nist, nist-mfa, asvs or composition", |text| {
            text.parse().ok()
        });
    // At least 8 characters, at most 1024 bytes.
    policy.unwrap_or_else(PasswordPolicy::asvs_l1)
}

fn clients(environment: &mut Environment) -> Option<Clients> {
    let File::Read { path, text } = environment.file("CLIENTS_FILE") else { return None };
    let clients = Clients::from_json(&text);
    clients.map_err(|error| environment.fault(format!("CLIENTS_FILE {path:?}: {error}"))).ok()
}

/// What other services compare letter by letter: nothing that is hard to see.
fn name(environment: &mut Environment, variable: &str) -> Option<String> {
    environment.parsed(variable, "1 to 255 visible ASCII characters without spaces", |text| {
        let sound = text.len() <= 255 && text.bytes().all(|byte| byte.is_ascii_graphic());
        sound.then(|| text.to_owned())
    })
}
