//! Which client asks, and whether it has proved it.

use super::BasicHeader;
use crate::audit::AuditEvent;
use crate::login::answer::Failure;
use crate::login::params::Params;
use crate::login::shared::{Caller, Shared};
use crate::store::{RefreshStore, UserStore};

/// The client that a request comes from.
#[derive(Clone, Copy)]
pub(in crate::login) struct Identity<'a> {
    /// None if it did not say.
    pub(in crate::login) id: Option<&'a str>,
    /// Whether it has proved to be a confidential client.
    pub(in crate::login) is_authenticated: bool,
}

/// RFC 6749, appendix A.1, with an end.
pub(in crate::login) fn is_client_id(text: &str) -> bool {
    text.len() <= 256 && text.bytes().all(|byte| matches!(byte, 0x20..=0x7E))
}

impl<U: UserStore, R: RefreshStore> Shared<U, R> {
    /// The client, by the header or by the body and never by both (RFC 6749, section 2.3). Without a
    /// registry nobody has a secret, and what is sent for one is not looked at.
    pub(in crate::login) fn identify<'a>(
        &self,
        params: &'a Params,
        caller: &'a Caller,
    ) -> Result<Identity<'a>, Failure> {
        let named = params.text("client_id")?;
        if named.is_some_and(|id| !is_client_id(id)) {
            return Err(Failure::invalid_request("the client_id is malformed"));
        }
        if self.clients.is_none() {
            return Ok(Identity { id: named, is_authenticated: false });
        }
        match (&caller.basic, params.text("client_secret")?) {
            (BasicHeader::Several, _) => {
                Err(Failure::invalid_request("there is more than one authorization header"))
            }
            (BasicHeader::Malformed, _) => Err(self.client_refused(None, caller)),
            (BasicHeader::Credentials { .. }, Some(_)) => {
                Err(Failure::invalid_request("the client authenticates in two ways"))
            }
            (BasicHeader::Credentials { id, .. }, None) if named.is_some_and(|own| own != id) => {
                Err(Failure::invalid_request("the client_id is not that of the header"))
            }
            (BasicHeader::Credentials { id, secret }, None) => {
                self.authenticate_client(id, secret, caller)
            }
            (BasicHeader::Absent, Some(secret)) => {
                let id = named.ok_or(Failure::invalid_request("client_id is required"))?;
                self.authenticate_client(id, secret, caller)
            }
            (BasicHeader::Absent, None) => {
                let identity = Identity { id: named, is_authenticated: false };
                named.map_or(Ok(()), |id| self.require_client(identity, id, caller))?;
                Ok(identity)
            }
        }
    }

    fn authenticate_client<'a>(
        &self,
        id: &'a str,
        secret: &str,
        caller: &Caller,
    ) -> Result<Identity<'a>, Failure> {
        let known = self.clients.as_deref().and_then(|clients| clients.find(id));
        let is_authenticated = known.is_some_and(|client| client.has_secret(secret));
        let identity = Identity { id: Some(id), is_authenticated };
        // A client without a secret may say so (RFC 6749, section 2.3.1).
        if is_authenticated || (secret.is_empty() && self.may_act_for(identity, id)) {
            Ok(identity)
        } else {
            Err(self.client_refused(Some(id), caller))
        }
    }

    /// Whether who asks may do so as this client: what is a confidential client's is for those alone
    /// who have proved to be that one.
    pub(in crate::login) fn may_act_for(&self, identity: Identity<'_>, id: &str) -> bool {
        let Some(clients) = &self.clients else { return true };
        (identity.is_authenticated && identity.id == Some(id)) || clients.admits_without_secret(id)
    }

    /// Refuses who may not act for this client.
    pub(in crate::login) fn require_client(
        &self,
        identity: Identity<'_>,
        id: &str,
        caller: &Caller,
    ) -> Result<(), Failure> {
        if self.may_act_for(identity, id) {
            Ok(())
        } else {
            Err(self.client_refused(Some(id), caller))
        }
    }

    /// `invalid_client`, and a line in the audit trail, which does not name who is not registered:
    /// what is not an ID may be a password in the wrong field.
    pub(in crate::login) fn client_refused(&self, id: Option<&str>, caller: &Caller) -> Failure {
        let Some(clients) = &self.clients else { return Failure::invalid_client(None) };
        let client_id = id.filter(|id| clients.find(id).is_some()).map(str::to_owned);
        self.record(caller.address, AuditEvent::ClientRefused { client_id });
        Failure::invalid_client(Some(clients.challenge().clone()))
    }
}
