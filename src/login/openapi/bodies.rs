//! What the endpoints read. They read by name, so there is no type to derive this from; the tests hold
//! it against them.

use utoipa::openapi::schema::{AdditionalProperties, Array, OneOf, Schema, SchemaType};
use utoipa::openapi::{KnownFormat, Object, RefOr, SchemaFormat, Type};

use super::facts::Facts;

/// An object whose other members have no effect.
pub(super) struct Members(Object);

impl Members {
    pub(super) fn new() -> Self {
        Self(Object::with_type(Type::Object))
    }

    pub(super) fn required(mut self, name: &str, schema: impl Into<RefOr<Schema>>) -> Self {
        self.0.required.push(name.to_owned());
        self.optional(name, schema)
    }

    pub(super) fn optional(mut self, name: &str, schema: impl Into<RefOr<Schema>>) -> Self {
        self.0.properties.insert(name.to_owned(), schema.into());
        self
    }

    /// What a client may say of itself and of what it wants.
    fn client(self, facts: &Facts, nullable: bool) -> Self {
        let text = || if nullable { nullable_text("") } else { text("") };
        let body = self.optional("client_id", text());
        // Where no client has a secret, it is not looked at.
        if facts.knows_clients { body.optional("client_secret", text()) } else { body }
    }

    fn scope(self, nullable: bool) -> Self {
        let description = "Scopes, parted by spaces. Without, all that the user holds.";
        self.optional(
            "scope",
            if nullable { nullable_text(description) } else { text(description) },
        )
    }
}

impl From<Members> for Object {
    fn from(members: Members) -> Self {
        members.0
    }
}

impl From<Members> for RefOr<Schema> {
    fn from(members: Members) -> Self {
        members.0.into()
    }
}

pub(super) fn text(description: &str) -> Object {
    described(Object::with_type(Type::String), description)
}

/// In JSON, null is as good as left out.
pub(super) fn nullable_text(description: &str) -> Object {
    described(Object::with_type(or_null(Type::String)), description)
}

fn filled(description: &str) -> Object {
    with(text(description), |text| text.min_length = Some(1))
}

fn password(description: &str) -> Object {
    let format = SchemaFormat::KnownFormat(KnownFormat::Password);
    with(filled(description), |text| text.format = Some(format))
}

fn constant(value: &str) -> Object {
    with(text(""), |text| text.enum_values = Some(vec![value.into()]))
}

fn or_null(value: Type) -> SchemaType {
    SchemaType::Array(vec![value, Type::Null])
}

pub(super) fn with(mut object: Object, change: impl FnOnce(&mut Object)) -> Object {
    change(&mut object);
    object
}

fn described(mut object: Object, description: &str) -> Object {
    object.description = (!description.is_empty()).then(|| description.to_owned());
    object
}

fn one_of(ways: impl IntoIterator<Item = Members>) -> RefOr<Schema> {
    ways.into_iter().fold(OneOf::builder(), |all, way| all.item(Object::from(way))).into()
}

pub(super) fn register(facts: &Facts) -> RefOr<Schema> {
    let body = Members::new().required("username", filled("")).required("password", password(""));
    let body = if facts.is_private {
        body.required("email", filled("Where the confirmation goes."))
    } else {
        body.optional("email", nullable_text(""))
    };
    let body = with_profile(body.optional("name", name()), facts);
    if facts.signs_in_on_register {
        body.client(facts, true).scope(true).into()
    } else {
        body.into()
    }
}

fn name() -> Object {
    with(nullable_text(""), |name| name.max_length = Some(256))
}

fn with_profile(body: Members, facts: &Facts) -> Members {
    match facts.profile() {
        Some(profile) => body.optional("profile", profile),
        None => body,
    }
}

/// RFC 6749, sections 4.3.2 and 6.
pub(super) fn token(facts: &Facts) -> RefOr<Schema> {
    let login = Members::new()
        .required("grant_type", constant("password"))
        .required("username", filled(""))
        .required("password", password(""));
    one_of([login.scope(false).client(facts, false), refresh_form(facts)])
}

/// RFC 6749, section 6.
pub(super) fn refresh_form(facts: &Facts) -> Members {
    let body = Members::new()
        .required("grant_type", constant("refresh_token"))
        .required("refresh_token", filled(""));
    body.scope(false).client(facts, false)
}

/// Without a token, that of the cookie is meant.
pub(super) fn refresh_json(facts: &Facts) -> Members {
    let body = if facts.cookie.is_some() {
        Members::new().optional("refresh_token", nullable_text(""))
    } else {
        Members::new().required("refresh_token", filled(""))
    };
    let body = body.optional(
        "grant_type",
        with(nullable_text(""), |grant| {
            grant.enum_values = Some(vec!["refresh_token".into(), serde_json::Value::Null]);
        }),
    );
    body.scope(true).client(facts, true)
}

pub(super) fn login(facts: &Facts) -> RefOr<Schema> {
    let by = |name| {
        let body = Members::new().required(name, filled("")).required("password", password(""));
        body.scope(true).client(facts, true)
    };
    one_of([by("username"), by("email")])
}

pub(super) fn logout(facts: &Facts, nullable: bool) -> Members {
    let token = if nullable { nullable_text("") } else { text("") };
    Members::new().optional("refresh_token", token).client(facts, nullable)
}

/// RFC 7009, section 2.1; RFC 7662, section 2.1.
pub(super) fn token_alone(facts: &Facts) -> Members {
    let hint = text("`access_token` or `refresh_token`; it is not needed.");
    Members::new()
        .required("token", filled(""))
        .optional("token_type_hint", hint)
        .client(facts, false)
}

pub(super) fn account(facts: &Facts) -> RefOr<Schema> {
    let email = nullable_text("A new address is pending until it is confirmed.");
    with_profile(Members::new().optional("name", name()).optional("email", email), facts).into()
}

pub(super) fn password_change() -> Members {
    Members::new().required("current_password", password("")).required("new_password", password(""))
}

pub(super) fn verify_email() -> RefOr<Schema> {
    one_of([
        Members::new().required("token", filled("The token of the mail.")),
        Members::new().required("email", filled("The address to send the mail to again.")),
    ])
}

pub(super) fn forgot_password() -> Members {
    Members::new().required("email", filled(""))
}

pub(super) fn reset_password() -> Members {
    Members::new()
        .required("token", filled("The token of the mail."))
        .required("new_password", password(""))
}

pub(super) fn api_key() -> Members {
    let mut scopes = Array::new(filled(""));
    scopes.min_items = Some(1);
    let lifetime = described(Object::with_type(or_null(Type::Integer)), "In seconds.");
    let lifetime = with(lifetime, |seconds| seconds.minimum = Some(1_usize.into()));
    Members::new()
        .required("name", with(filled(""), |name| name.max_length = Some(100)))
        .required("scopes", Schema::Array(scopes))
        .optional("expires_in", lifetime)
}

pub(super) fn administered() -> Members {
    let texts = || {
        let mut texts = Array::new(filled(""));
        texts.schema_type = or_null(Type::Array);
        Schema::Array(texts)
    };
    Members::new()
        .optional("is_active", Object::with_type(or_null(Type::Boolean)))
        .optional("roles", texts())
        .optional("scopes", texts())
}

/// RFC 7662, section 2.2.
pub(super) fn introspection() -> Members {
    let time = || described(Object::with_type(Type::Integer), "In seconds since the Unix epoch.");
    let audience = OneOf::builder().item(text("")).item(Array::new(text("")));
    let claims = ["scope", "client_id", "username", "token_type", "sub", "iss", "jti", "acr"];
    let members = Members::new()
        .required("active", Object::with_type(Type::Boolean))
        .optional("aud", Schema::OneOf(audience.build()));
    let members = claims.into_iter().fold(members, |all, name| all.optional(name, text("")));
    ["exp", "iat", "nbf", "auth_time"]
        .into_iter()
        .fold(members, |all, name| all.optional(name, time()))
}

/// RFC 8414, section 2.
pub(super) fn metadata() -> Members {
    let mut texts = Members::new().required("issuer", text(""));
    for name in ["jwks_uri", "token_endpoint", "revocation_endpoint", "introspection_endpoint"] {
        texts = texts.optional(name, text(""));
    }
    let list = || Schema::Array(Array::new(text("")));
    texts
        .required("grant_types_supported", list())
        .required("response_types_supported", list())
        .optional("scopes_supported", list())
}

/// RFC 7517, section 5.
pub(super) fn key_set() -> Members {
    let mut key = Object::with_type(Type::Object);
    key.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(true)));
    Members::new().required("keys", Schema::Array(Array::new(key)))
}
