//! The users whom tokens name, whatever the type of their store.

use std::pin::Pin;
use std::sync::Arc;

use http::Extensions;

use crate::meter::{self, STORE_ERRORS};
use crate::subject::{LoadedUser, SubjectStore};
use crate::{AuthErrorKind, Token};

/// A [`SubjectStore`] without its type.
#[derive(Clone)]
pub(super) struct Users(Arc<Load>);

type Load = dyn Fn(Token) -> Pin<Box<dyn Future<Output = Loaded> + Send>> + Send + Sync;

/// The extensions that a request with this user gets, or why it is refused.
pub(super) type Loaded = Result<Extensions, AuthErrorKind>;

impl Users {
    pub(super) fn new<S: SubjectStore>(store: S) -> Self {
        let store = Arc::new(store);
        Self(Arc::new(move |token| {
            let store = Arc::clone(&store);
            Box::pin(async move { load(&*store, token).await })
        }))
    }

    pub(super) fn load(&self, token: Token) -> impl Future<Output = Loaded> + Send + use<> {
        (self.0)(token)
    }
}

async fn load<S: SubjectStore>(store: &S, token: Token) -> Loaded {
    match store.active_subject(&token).await {
        Ok(Some(user)) => {
            let mut extensions = Extensions::new();
            extensions.insert(token);
            extensions.insert(LoadedUser::new(user));
            Ok(extensions)
        }
        Ok(None) => Err(AuthErrorKind::InactiveSubject),
        Err(error) => {
            meter::count(&STORE_ERRORS, ["users"]);
            crate::trace::error!(
                target: "tower_bearer::store",
                %error,
                "the store of users failed"
            );
            let _ = error;
            Err(AuthErrorKind::Unavailable)
        }
    }
}
