//! Fields of the application's own, and a user as clients see one.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::LoginRouter;
use super::answer::{Failure, ShownUser};
use super::params::Params;
use super::shared::Shared;
use crate::store::{RefreshStore, User, UserStore};

impl<U: UserStore, R: RefreshStore> LoginRouter<U, R> {
    /// Lets users have fields of the application's own: register takes, and a user's answer has, a
    /// member `profile` of this type. With [`accounts`](Self::accounts) users change it, member by
    /// member.
    ///
    /// What comes in goes through the type: what does not fit is a 422 with the field `profile`, and
    /// members that the type does not name are dropped. What is stored goes through it too before it
    /// is shown, so that a field which the type has gained has its default; where what is stored does
    /// not fit any more, `null` is shown and the log says so. A user without a profile has `null`.
    /// The [limit](Self::body_limit) of the body is that of the profile. Default: the member is
    /// neither read nor shown.
    ///
    /// # Examples
    ///
    /// ```
    /// use serde::{Deserialize, Serialize};
    /// use tower_bearer::{Issuer, LoginRouter, MemoryStore};
    ///
    /// #[derive(Serialize, Deserialize)]
    /// struct Profile {
    ///     display_name: String,
    ///     #[serde(default)]
    ///     locale: Option<String>,
    /// }
    ///
    /// let router = LoginRouter::new(MemoryStore::new(), Issuer::for_tests())
    ///     .profile::<Profile>()
    ///     .accounts()
    ///     .into_router();
    /// # let _ = router;
    /// ```
    #[must_use]
    pub fn profile<P: Serialize + DeserializeOwned>(mut self) -> Self {
        self.profile = Some(ProfileType {
            through: through::<P>,
            #[cfg(feature = "openapi")]
            schema: None,
        });
        self
    }

    /// As [`profile`](Self::profile), for a type whose schema is to be in
    /// [`openapi`](Self::openapi), where that of `profile` is an object of any form.
    ///
    /// # Examples
    ///
    /// ```
    /// use serde::{Deserialize, Serialize};
    /// use tower_bearer::{Issuer, LoginRouter, MemoryStore};
    /// use utoipa::ToSchema;
    ///
    /// #[derive(Serialize, Deserialize, ToSchema)]
    /// struct Profile {
    ///     display_name: Option<String>,
    /// }
    ///
    /// let router = LoginRouter::new(MemoryStore::new(), Issuer::for_tests())
    ///     .profile_with_schema::<Profile>();
    /// let components = router.openapi().components.unwrap();
    /// assert!(components.schemas.contains_key("Profile"));
    /// ```
    #[cfg(feature = "openapi")]
    #[must_use]
    pub fn profile_with_schema<P>(mut self) -> Self
    where
        P: Serialize + DeserializeOwned + utoipa::ToSchema,
    {
        let schema = super::openapi::NamedSchema::of::<P>;
        self.profile = Some(ProfileType { through: through::<P>, schema: Some(schema) });
        self
    }
}

/// The application's type.
#[derive(Clone, Copy)]
pub(super) struct ProfileType {
    /// What it makes of JSON: nothing, where that does not fit.
    through: fn(Value) -> Option<Value>,
    #[cfg(feature = "openapi")]
    pub(super) schema: Option<fn() -> super::openapi::NamedSchema>,
}

fn through<P: Serialize + DeserializeOwned>(value: Value) -> Option<Value> {
    let profile: P = serde_json::from_value(value.clone()).ok()?;
    serde_json::to_value(profile).ok().filter(|profile| !has_nameless_members(&value, profile))
}

/// serde reads an array for an object too, as its members in their order: nobody means that.
fn has_nameless_members(sent: &Value, read: &Value) -> bool {
    match (sent, read) {
        (Value::Array(_), Value::Object(_)) => true,
        (Value::Array(sent), Value::Array(read)) => {
            sent.iter().zip(read).any(|(sent, read)| has_nameless_members(sent, read))
        }
        (Value::Object(sent), Value::Object(read)) => read.iter().any(|(name, read)| {
            sent.get(name).is_some_and(|sent| has_nameless_members(sent, read))
        }),
        _ => false,
    }
}

impl<U: UserStore, R: RefreshStore> Shared<U, R> {
    /// The profile that a body makes of the one before: null clears it, and members that are sent
    /// replace those that are there. Nothing, where the body has none or none is taken.
    pub(super) fn profile_in(
        &self,
        params: &Params,
        before: &Value,
    ) -> Result<Option<Value>, Failure> {
        let (Some(ProfileType { through, .. }), Some(value)) =
            (self.profile, params.value("profile"))
        else {
            return Ok(None);
        };
        if value.is_null() {
            return Ok(Some(Value::Null));
        }
        match through(merged(before, value)) {
            Some(profile) if has_nul(&profile) => {
                Err(Failure::field("profile", "a text of the profile contains a NUL"))
            }
            Some(profile) => Ok(Some(profile)),
            None => Err(Failure::field("profile", "the profile does not have the form it must")),
        }
    }

    /// The user as clients see one.
    pub(super) fn shown<'a>(&self, user: &'a User) -> ShownUser<'a> {
        ShownUser::new(
            user,
            self.profile.map(|ProfileType { through, .. }| {
                if user.profile.is_null() {
                    return Value::Null;
                }
                through(user.profile.clone()).unwrap_or_else(|| {
                    crate::trace::warn!(
                        target: "tower_bearer::login",
                        "a stored profile does not fit the type of LoginRouter::profile"
                    );
                    Value::Null
                })
            }),
        )
    }
}

/// RFC 7396, section 2, of the members themselves: what is in them is replaced as a whole.
fn merged(before: &Value, sent: &Value) -> Value {
    let (Value::Object(before), Value::Object(sent)) = (before, sent) else { return sent.clone() };
    let mut members = before.clone();
    for (name, value) in sent {
        if value.is_null() {
            members.remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
    Value::Object(members)
}

/// Which not every store keeps. JSON that was read is not nested deeply.
fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(values) => values.iter().any(has_nul),
        Value::Object(members) => {
            members.iter().any(|(name, value)| name.contains('\0') || has_nul(value))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
