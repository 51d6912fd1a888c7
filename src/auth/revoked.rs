//! The revocation of tokens, whatever the type of the store.

use std::pin::Pin;
use std::sync::Arc;

use crate::meter::{self, STORE_ERRORS};
use crate::subject::Revocations;
use crate::{AuthErrorKind, Token};

/// A [`Revocations`] without its type.
#[derive(Clone)]
pub(super) struct Revoked(Arc<Check>);

type Check = dyn Fn(Token) -> Pin<Box<dyn Future<Output = Checked> + Send>> + Send + Sync;

/// Nothing, or why the token is refused.
type Checked = Result<(), AuthErrorKind>;

impl Revoked {
    pub(super) fn new<S: Revocations>(store: S) -> Self {
        let store = Arc::new(store);
        Self(Arc::new(move |token| {
            let store = Arc::clone(&store);
            Box::pin(async move { check(&*store, &token).await })
        }))
    }

    pub(super) async fn check(&self, token: &Token) -> Checked {
        (self.0)(token.clone()).await
    }
}

async fn check<S: Revocations>(store: &S, token: &Token) -> Checked {
    match store.is_revoked(token).await {
        Ok(false) => Ok(()),
        Ok(true) => Err(AuthErrorKind::Revoked),
        Err(error) => {
            meter::count(&STORE_ERRORS, ["revocations"]);
            crate::trace::error!(
                target: "tower_bearer::store",
                %error,
                "the store of revocations failed"
            );
            let _ = error;
            Err(AuthErrorKind::Unavailable)
        }
    }
}
