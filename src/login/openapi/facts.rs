//! What the document depends on, of all that a router is told.

use std::collections::BTreeMap;

use utoipa::openapi::schema::{OneOf, Schema};
use utoipa::openapi::{Object, Ref, RefOr, Type};

use super::NamedSchema;
use crate::login::LoginRouter;
use crate::login::register_mode::RegisterMode;
use crate::store::{RefreshStore, UserStore};

pub(super) struct Facts {
    pub(super) knows_clients: bool,
    pub(super) edits_accounts: bool,
    pub(super) is_private: bool,
    pub(super) signs_in_on_register: bool,
    /// The name of that of refresh tokens.
    pub(super) cookie: Option<String>,
    /// Where users have one.
    profile: Option<Option<NamedSchema>>,
}

impl Facts {
    pub(super) fn of<U: UserStore, R: RefreshStore>(router: &LoginRouter<U, R>) -> Self {
        Self {
            knows_clients: router.clients.is_some(),
            edits_accounts: router.edits_accounts,
            is_private: router.register_mode == RegisterMode::Private,
            signs_in_on_register: router.signs_in_on_register,
            cookie: router
                .refresh_cookie
                .as_ref()
                .and_then(|cookie| cookie.source.cookie_name())
                .map(str::to_owned),
            profile: router.profile.map(|profile| profile.schema.map(|schema| schema())),
        }
    }

    /// The profile, or null.
    pub(super) fn profile(&self) -> Option<RefOr<Schema>> {
        let own = match self.profile.as_ref()? {
            Some(named) => RefOr::Ref(Ref::from_schema_name(&named.name)),
            None => Object::with_type(Type::Object).into(),
        };
        Some(OneOf::builder().item(Object::with_type(Type::Null)).item(own).into())
    }

    /// Makes members what they are here.
    pub(super) fn fit(&self, schemas: &mut BTreeMap<String, RefOr<Schema>>) {
        if let Some(RefOr::T(Schema::Object(tokens))) = schemas.get_mut("auth.Tokens")
            && self.cookie.is_none()
        {
            tokens.required.push("refresh_token".to_owned());
        }
        let user = schemas.get_mut("auth.User");
        if let Some(RefOr::T(Schema::Object(user))) = user {
            user.properties.remove("profile");
            if let Some(profile) = self.profile() {
                user.properties.insert("profile".to_owned(), profile);
                user.required.push("profile".to_owned());
            }
        }
        if let Some(Some(named)) = &self.profile {
            schemas.extend(named.all.iter().cloned());
        }
    }
}
