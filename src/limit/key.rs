//! Whom a count is about, as stores see it.

use std::net::IpAddr;

use sha2::{Digest, Sha256};

use super::Account;

/// SHA-256 of whom it counts for. That keeps names out of stores and their backups; whoever tries
/// all addresses finds one again.
pub(super) type Key = [u8; 32];

pub(super) const LOGIN: &str = "address";
pub(super) const REGISTRATION: &str = "registrations";

pub(super) fn of_account(account: Account<'_>) -> Key {
    match account {
        Account::User(id) => of("user", id.as_bytes()),
        Account::Unknown(name) => of("name", name.as_bytes()),
    }
}

/// An IPv6 address counts with its network of 64 bits, which is what one subscriber has (RFC 6177,
/// section 2). Who has no address shares one key.
pub(super) fn of_address(kind: &str, address: Option<IpAddr>) -> Key {
    match address.map(|address| address.to_canonical()) {
        None => of(kind, b""),
        Some(IpAddr::V4(address)) => of(kind, &address.octets()),
        Some(IpAddr::V6(address)) => of(kind, &address.octets()[..8]),
    }
}

/// Mails of a kind to an address, in its normal form.
pub(super) fn of_mail(kind: &str, email: &str) -> Key {
    let mut whom = kind.as_bytes().to_vec();
    // No kind has a colon.
    whom.push(b':');
    whom.extend_from_slice(email.as_bytes());
    of("mail", &whom)
}

fn of(kind: &str, whom: &[u8]) -> Key {
    // No kind has a colon.
    Sha256::new().chain_update(kind).chain_update(":").chain_update(whom).finalize().into()
}
