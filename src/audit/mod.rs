//! The audit trail: one typed event for each act that matters to security.

mod event;
#[cfg(test)]
mod tests;
mod trail;

pub use event::{AuditEvent, LoginFailure, SessionEnd};
pub use trail::{AuditRecord, AuditSink};

pub(crate) use trail::Trail;
