//! How passwords are hashed, and which new ones are taken.

use super::Variables;
use super::files::Found;
use crate::password::{Hasher, HasherBuilder, PasswordPolicy};

/// `PASSWORD_POLICY`.
pub(super) fn policy(variables: &mut Variables) -> PasswordPolicy {
    let rule = "nist, nist-mfa, asvs or composition";
    variables.parsed("PASSWORD_POLICY", rule, |text| text.parse().ok()).unwrap_or_default()
}

/// `HASHING_MEMORY`, `HASHING_THREADS`, `HASHING_QUEUE`, and the peppers.
pub(super) fn hasher(variables: &mut Variables) -> HasherBuilder {
    let mut hasher = Hasher::builder();
    let rule = "one of 46MiB, 19MiB, 12MiB, 9MiB and 7MiB";
    if let Some(memory) = variables.parsed("HASHING_MEMORY", rule, |text| text.parse().ok()) {
        hasher = hasher.owasp(memory);
    }
    // The ranges are those of the builder.
    if let Some(threads) = variables.number("HASHING_THREADS", "threads", 1..=256) {
        hasher = hasher.threads(usize::try_from(threads).unwrap_or(usize::MAX));
    }
    if let Some(queue) = variables.number("HASHING_QUEUE", "passwords that wait", 1..=65_536) {
        hasher = hasher.queue(usize::try_from(queue).unwrap_or(usize::MAX));
    }
    with_peppers(hasher, variables)
}

fn with_peppers(mut hasher: HasherBuilder, variables: &mut Variables) -> HasherBuilder {
    const CURRENT: &str = "PASSWORD_PEPPER";
    const PREVIOUS: &str = "PASSWORD_PREVIOUS_PEPPERS";
    let mut sound = true;
    if let Found::Text(text) = variables.find_secret(CURRENT) {
        match text.trim().split_once(':') {
            Some((id, secret)) => {
                sound &= check(CURRENT, Hasher::builder().pepper(id, secret), variables);
                hasher = hasher.pepper(id, secret);
            }
            None => {
                variables.fault("PASSWORD_PEPPER must be ID:SECRET");
                sound = false;
            }
        }
    }
    if let Found::Text(text) = variables.find_secret(PREVIOUS) {
        for text in text.split_whitespace() {
            match text.split_once(':') {
                Some((id, secret)) => {
                    sound &= check(PREVIOUS, Hasher::builder().pepper(id, secret), variables);
                    hasher = hasher.previous_pepper(id, secret);
                }
                None => {
                    variables.fault(
                        "PASSWORD_PREVIOUS_PEPPERS must be ID:SECRET, several with spaces between",
                    );
                    sound = false;
                }
            }
        }
    }
    // Two with one ID.
    if sound {
        check(PREVIOUS, hasher.clone(), variables);
    }
    hasher
}

fn check(variable: &str, hasher: HasherBuilder, variables: &mut Variables) -> bool {
    let checked = hasher.check().map_err(|error| variables.fault(format!("{variable}: {error}")));
    checked.is_ok()
}
