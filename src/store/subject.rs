//! What the verifying side asks of a store of users.

use super::{StoreError, User, UserStore};
use crate::Token;
use crate::subject::SubjectStore;

impl<S: UserStore> SubjectStore for S {
    type Subject = User;
    type Error = StoreError;

    async fn active_subject(&self, token: &Token) -> Result<Option<User>, StoreError> {
        let Some(id) = token.subject() else { return Ok(None) };
        Ok(self.find_user(id).await?.filter(|user| user.is_active))
    }
}
