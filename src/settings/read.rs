//! From variables to settings.

use std::time::Duration;

use super::admin::FirstAdmin;
use super::{Settings, SettingsError, Variables, keys, limits, password};
use crate::issue::Issuer;
use crate::login::{Clients, RegisterMode};
use crate::mail::MailLinks;
use crate::refresh::RefreshTokens;

impl Settings {
    /// Reads variables that the application has given defaults to, or read some of its own from.
    ///
    /// # Errors
    ///
    /// All faults at once, those that were noted before included.
    ///
    /// # Examples
    ///
    /// With defaults of the application's own, so that it starts without a word from anybody:
    ///
    /// ```
    /// use tower_bearer::{Settings, Variables};
    ///
    /// # fn main() -> Result<(), tower_bearer::SettingsError> {
    /// let variables = Variables::from_pairs([("JWT_AUDIENCE", "tasks")]) // or `from_env()`
    ///     .default("DATABASE_URL", "sqlite://tasks.db?mode=rwc")
    ///     .default("JWT_ISSUER", "http://localhost:8000")
    ///     .default_random("JWT_SECRET");
    /// let settings = Settings::read(variables)?;
    /// assert_eq!(settings.database_url(), "sqlite://tasks.db?mode=rwc");
    /// # Ok(())
    /// # }
    /// ```
    pub fn read(mut variables: Variables) -> Result<Self, SettingsError> {
        let vars = &mut variables;
        let database_url =
            vars.required("DATABASE_URL", "sqlite: or postgres: and so on", database_url);
        let redis_url = redis_url(vars);
        let keys = keys::signing(vars);
        let trusted_keys = keys::trusted(vars);
        let identifier = name(vars, "JWT_ISSUER", "the URL that names this service");
        let audience = name(vars, "JWT_AUDIENCE", "whom the tokens are for");
        let leeway = vars.number("JWT_LEEWAY_SECONDS", "seconds", 0..=300);
        let minutes = vars.number("ACCESS_TOKEN_EXPIRE_MINUTES", "minutes", 1..=1440);
        let refresh = refresh_tokens(vars);
        let hasher = password::hasher(vars);
        let policy = password::policy(vars);
        let throttle = limits::throttle(vars);
        let addresses = limits::client_address(vars);
        let clients = clients(vars);
        let admin = FirstAdmin::read(vars, &policy);
        let register_mode =
            vars.parsed("REGISTER_MODE", "conflict or private", |text| match text {
                "conflict" => Some(RegisterMode::Conflict),
                "private" => Some(RegisterMode::Private),
                _ => None,
            });
        let (public_url, mail_links) = public_url(vars).unzip();

        let issuer = || {
            let mut issuer = Issuer::new(keys?).issuer(identifier?).audience(audience?);
            if let Some(seconds) = leeway {
                issuer = issuer.leeway(Duration::from_secs(seconds));
            }
            if let Some(minutes) = minutes {
                issuer = issuer.access_token_lifetime(Duration::from_secs(minutes * 60));
            }
            Some(issuer)
        };
        let settings = database_url.zip(issuer()).map(|(database_url, issuer)| Self {
            database_url,
            redis_url,
            public_url,
            mail_links,
            register_mode: register_mode.unwrap_or_default(),
            issuer,
            trusted_keys,
            refresh,
            policy,
            hasher,
            throttle,
            addresses,
            clients,
            admin,
        });
        variables.finish(settings)
    }
}

fn database_url(variables: &mut Variables) -> Option<String> {
    let rule = "sqlite: or postgres:, as sqlite://app.db?mode=rwc";
    url(variables, "DATABASE_URL", rule, &["sqlite:", "postgres:", "postgresql:"])
}

fn redis_url(variables: &mut Variables) -> Option<String> {
    let rule = "redis://, rediss:// or redis+unix://, as redis://127.0.0.1:6379";
    url(variables, "REDIS_URL", rule, &["redis://", "rediss://", "redis+unix://"])
}

/// Not shown: a URL may contain a password.
fn url(variables: &mut Variables, name: &str, rule: &str, schemes: &[&str]) -> Option<String> {
    let url = variables.secret(name)?;
    if schemes.iter().any(|scheme| url.starts_with(scheme)) {
        return Some(url);
    }
    variables.fault(format!("{name} must begin with {rule}"));
    None
}

/// What other services compare letter by letter: nothing that is hard to see.
fn name(variables: &mut Variables, variable: &str, meaning: &str) -> Option<String> {
    const RULE: &str = "1 to 255 visible ASCII characters without spaces";
    variables.required(variable, meaning, |variables| {
        variables.parsed(variable, RULE, |text| {
            let sound = text.len() <= 255 && text.bytes().all(|byte| byte.is_ascii_graphic());
            sound.then(|| text.to_owned())
        })
    })
}

fn refresh_tokens(variables: &mut Variables) -> RefreshTokens {
    let mut refresh = RefreshTokens::new();
    let days = |days| Duration::from_secs(days * 24 * 3600);
    if let Some(lifetime) = variables.number("REFRESH_TOKEN_EXPIRE_DAYS", "days", 1..=3650) {
        refresh = refresh.lifetime(days(lifetime));
    }
    if let Some(idle) = variables.number("REFRESH_IDLE_DAYS", "days", 1..=3650) {
        refresh = refresh.idle_timeout(days(idle));
    }
    if let Some(seconds) = variables.number("REFRESH_REUSE_SECONDS", "seconds", 0..=60) {
        refresh = refresh.reuse_interval(Duration::from_secs(seconds));
    }
    refresh
}

fn clients(variables: &mut Variables) -> Option<Clients> {
    let (path, text) = variables.file("CLIENTS_FILE").ok()??;
    Clients::from_json(&text)
        .map_err(|error| variables.fault(format!("CLIENTS_FILE {path:?}: {error}")))
        .ok()
}

/// Where users find the service, and the links to it.
fn public_url(variables: &mut Variables) -> Option<(String, MailLinks)> {
    let rule = "a URL with https:, or http: and localhost, without query and fragment";
    variables.parsed("PUBLIC_URL", rule, |text| {
        let url = text.trim_end_matches('/').to_owned();
        let links = MailLinks::new(&url).ok().filter(|_| !url.contains(['?', '#']));
        links.map(|links| (url, links))
    })
}
