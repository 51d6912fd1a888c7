//! How often somebody may try to log in, and whose address counts.

use super::Variables;
use crate::limit::LoginThrottle;
use crate::peer::{AddressSource, TrustedProxies};
use crate::rate::Rate;

/// `LOGIN_RATE`, `LOGIN_RATE_PER_ADDRESS` and `LOGIN_BACKOFF`. Without a limit of an address there is
/// none for its registrations either.
pub(super) fn throttle(variables: &mut Variables) -> LoginThrottle {
    let mut throttle = LoginThrottle::new();
    if let Some(rate) = rate(variables, "LOGIN_RATE") {
        throttle = throttle.per_account(rate);
    }
    if let Some(rate) = rate(variables, "LOGIN_RATE_PER_ADDRESS") {
        throttle = throttle.per_address(rate);
        if rate.is_none() {
            throttle = throttle.registrations(None);
        }
    }
    let backoff = variables.parsed("LOGIN_BACKOFF", "on or off", |text| match text {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    });
    throttle.backoff(backoff.unwrap_or(true))
}

fn rate(variables: &mut Variables, variable: &str) -> Option<Option<Rate>> {
    variables.parsed(variable, "a rate, as 5/minute, 20/hour or 8/3s, or off", |text| {
        Rate::or_off(text).ok()
    })
}

/// `TRUSTED_PROXIES`, and `TRUSTED_PROXY_HEADER` in which they name the client.
pub(super) fn client_address(variables: &mut Variables) -> AddressSource {
    let rule = "x-forwarded-for or forwarded, whichever the proxies write";
    let header = variables.parsed("TRUSTED_PROXY_HEADER", rule, |text| {
        match text.to_ascii_lowercase().as_str() {
            "x-forwarded-for" => Some(AddressSource::x_forwarded_for as fn(_) -> _),
            "forwarded" => Some(AddressSource::forwarded as fn(_) -> _),
            _ => None,
        }
    });
    let Some(text) = variables.text("TRUSTED_PROXIES") else {
        return AddressSource::connection();
    };
    match TrustedProxies::new(text.split(',').map(str::trim)) {
        Ok(proxies) => header.unwrap_or(AddressSource::x_forwarded_for)(proxies),
        Err(error) => {
            let rule = "must be addresses and networks with commas between them";
            variables.fault(format!("TRUSTED_PROXIES {rule}: {error}"));
            AddressSource::connection()
        }
    }
}
