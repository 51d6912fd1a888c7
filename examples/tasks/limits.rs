//! How often somebody may try to log in, and whose address counts.

use tower_bearer::{AddressSource, LoginThrottle, Rate, TrustedProxies};

use crate::environment::Environment;

/// `LOGIN_RATE` (5/minute), `LOGIN_RATE_PER_ADDRESS` (20/minute) and `LOGIN_BACKOFF` (on). Without a
/// limit of an address there is none for its registrations either.
pub(crate) fn throttle(environment: &mut Environment) -> LoginThrottle {
    let mut throttle = LoginThrottle::new();
    if let Some(rate) = rate(environment, "LOGIN_RATE") {
        throttle = throttle.per_account(rate);
    }
    if let Some(rate) = rate(environment, "LOGIN_RATE_PER_ADDRESS") {
        throttle = throttle.per_address(rate);
        if rate.is_none() {
            throttle = throttle.registrations(None);
        }
    }
    let backoff = environment.parsed("LOGIN_BACKOFF", "on or off", |text| match text {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    });
    throttle.backoff(backoff.unwrap_or(true))
}

/// `TRUSTED_PROXIES`: whose `X-Forwarded-For` is believed. Nobody's: the address is that of the
/// connection.
pub(crate) fn client_address(environment: &mut Environment) -> AddressSource {
    let Some(text) = environment.text("TRUSTED_PROXIES") else {
        return AddressSource::connection();
    };
    match TrustedProxies::new(text.split(',').map(str::trim)) {
        Ok(proxies) => AddressSource::x_forwarded_for(proxies),
        Err(error) => {
            let rule = "must be addresses and networks with commas between them";
            environment.fault(format!("TRUSTED_PROXIES {rule}: {error}"));
            AddressSource::connection()
        }
    }
}

fn rate(environment: &mut Environment, variable: &str) -> Option<Option<Rate>> {
    environment.parsed(variable, "a rate, as 5/minute, 20/hour or 8/3s, or off", |text| {
        Rate::or_off(text).ok()
    })
}
