//! What is constant about events.

use std::collections::BTreeSet;

use serde_json::Value;

use super::*;

/// Every event, in the order of `docs/AUDIT.md`; the first test counts them.
fn events() -> Vec<AuditEvent> {
    let id = || "7".to_owned();
    let user_id = id;
    let session_id = || "s".to_owned();
    let client_id = || "c".to_owned();
    vec![
        AuditEvent::UserRegistered { user_id: user_id() },
        AuditEvent::RegisterConflict { field: "username" },
        AuditEvent::LoginSucceeded {
            user_id: user_id(),
            session_id: session_id(),
            client_id: client_id(),
        },
        AuditEvent::LoginFailed {
            user_id: None,
            client_id: client_id(),
            reason: LoginFailure::UnknownUser,
        },
        AuditEvent::LoginThrottled { user_id: None, retry_after: 60 },
        AuditEvent::LoginLocked { user_id: None, seconds: 60 },
        AuditEvent::TokenRefreshed {
            user_id: user_id(),
            session_id: session_id(),
            client_id: client_id(),
        },
        AuditEvent::TokenReuseDetected {
            user_id: user_id(),
            session_id: session_id(),
            client_id: client_id(),
        },
        AuditEvent::TokenRevoked { user_id: user_id(), client_id: client_id() },
        AuditEvent::SessionEnded {
            user_id: user_id(),
            session_id: session_id(),
            reason: SessionEnd::Logout,
        },
        AuditEvent::ClientRefused { client_id: Some(client_id()) },
        AuditEvent::PasswordChanged { user_id: user_id() },
        AuditEvent::PasswordChangeRefused { user_id: user_id() },
        AuditEvent::PasswordResetRequested { user_id: None },
        AuditEvent::PasswordReset { user_id: user_id() },
        AuditEvent::PasswordRehashed { user_id: user_id() },
        AuditEvent::EmailChangeRequested { user_id: user_id() },
        AuditEvent::EmailVerified { user_id: user_id() },
        AuditEvent::UserEnabled { user_id: user_id(), actor_id: id() },
        AuditEvent::UserDisabled { user_id: user_id(), actor_id: id() },
        AuditEvent::UserDeleted { user_id: user_id(), actor_id: id() },
        AuditEvent::RolesChanged { user_id: user_id(), actor_id: id(), roles: vec![] },
        AuditEvent::ScopesChanged { user_id: user_id(), actor_id: id(), scopes: vec![] },
        AuditEvent::ApiKeyCreated { key_id: id(), user_id: user_id(), scopes: vec![] },
        AuditEvent::ApiKeyRevoked { key_id: id(), user_id: user_id() },
    ]
}

#[test]
fn the_table_of_events_is_what_the_code_says() {
    let table = include_str!("../../docs/AUDIT.md");
    let rows: Vec<Vec<&str>> = table
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.split(" | ").map(|cell| cell.trim_matches(['|', ' '])).collect())
        .collect();
    let events = events();
    assert_eq!(rows.len(), events.len());
    for (row, event) in rows.iter().zip(&events) {
        let json = serde_json::to_value(event).unwrap();
        assert_eq!(json["event"], event.name());
        assert_eq!(row[0], format!("`{}`", event.name()));
        let members: BTreeSet<String> =
            json.as_object().unwrap().keys().filter(|name| *name != "event").cloned().collect();
        let written = row[1].split(", ").map(|name| name.trim_matches('`').to_owned()).collect();
        assert_eq!(members, written, "{}", event.name());
    }
    let source = include_str!("event.rs");
    let (_, rest) = source.split_once("pub enum AuditEvent {").unwrap();
    let (variants, _) = rest.split_once("\n}").unwrap();
    let variants = variants.lines().filter(|line| line.contains("#[serde(rename"));
    assert_eq!(variants.count(), events.len(), "every event is in the list of this test");
}

#[test]
fn a_record_is_one_flat_json_object() {
    let event = AuditEvent::LoginFailed {
        user_id: Some("7".to_owned()),
        client_id: "first-party".to_owned(),
        reason: LoginFailure::Disabled,
    };
    let at = std::time::Duration::from_millis(1_700_000_000_900);
    let record = AuditRecord { at, address: Some([192, 0, 2, 1].into()), event };
    let json: Value = serde_json::to_value(&record).unwrap();
    let expected = serde_json::json!({
        "at": 1_700_000_000,
        "address": "192.0.2.1",
        "event": "login.failed",
        "user_id": "7",
        "client_id": "first-party",
        "reason": "disabled",
    });
    assert_eq!(json, expected);
}
