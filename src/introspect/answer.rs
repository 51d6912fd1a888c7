//! What an introspection endpoint answers (RFC 7662, section 2.2).

use serde_json::{Map, Value};

use crate::token::{RegisteredClaims, RolesClaim, Unique};
use crate::{AuthErrorKind, Token};

/// How answers are read.
#[derive(Clone, Debug)]
pub(super) struct Reader {
    pub(super) roles: RolesClaim,
    pub(super) hierarchical_scopes: bool,
    /// Whether an answer that tells no `token_type` is of an access token.
    pub(super) takes_untyped: bool,
}

/// What is wrong with an answer, for the operator.
pub(super) type Fault = &'static str;

type Members = Map<String, Value>;

impl Reader {
    /// The token, if it is active and an access token; else why it is refused. What is no answer of
    /// the RFC says nothing of the token at all.
    pub(super) fn read(&self, body: &[u8]) -> Result<Result<Token, AuthErrorKind>, Fault> {
        let text = std::str::from_utf8(body).map_err(|_| "it is not UTF-8")?;
        let fault = "it is no JSON object whose member names are unique at every depth";
        serde_json::from_str::<Unique>(text).map_err(|_| fault)?;
        let mut members: Members = serde_json::from_str(text).map_err(|_| fault)?;
        match members.get("active") {
            Some(Value::Bool(true)) => {}
            Some(Value::Bool(false)) => return Ok(Err(AuthErrorKind::Inactive)),
            _ => return Err("it has no boolean `active`"),
        }
        // Some servers write what they don't know as null, or have an audience of nobody.
        members.retain(|name, value| match value {
            Value::Null => false,
            Value::Array(values) => name != "aud" || !values.is_empty(),
            _ => true,
        });
        let is_access_token = self.is_access_token(&members);
        let claims = RegisteredClaims::parse(Value::Object(members).to_string(), &self.roles)
            .map_err(|_| "a member has another form than RFC 7662, section 2.2, gives it")?;
        if !is_access_token {
            return Ok(Err(match claims.confirmation {
                true => AuthErrorKind::KeyBound,
                false => AuthErrorKind::WrongTokenType,
            }));
        }
        Ok(Ok(Token::introspected(claims, text, self.hierarchical_scopes)))
    }

    /// Servers call a refresh token active, too. It has no `token_type`, which is what an access
    /// token is used as (RFC 6749, section 7.1); Ory tells them apart by `token_use`, Keycloak by
    /// `typ`. So one of these has to say that it is an access token, and none may say another thing.
    fn is_access_token(&self, members: &Members) -> bool {
        let says = |name: &str, words: &[&str]| {
            let is = |word: &&str| {
                members[name].as_str().is_some_and(|it| it.eq_ignore_ascii_case(word))
            };
            members.contains_key(name).then(|| words.iter().any(is))
        };
        // Any token may be a JWT.
        let is_jwt = says("typ", &["JWT"]) == Some(true);
        let said = [
            says("token_type", &["Bearer"]),
            says("token_use", &["access_token", "access"]),
            says("typ", &["Bearer", "at+jwt"]).filter(|_| !is_jwt),
        ];
        if said.contains(&Some(false)) {
            return false;
        }
        let is_typed = self.takes_untyped || said.contains(&Some(true));
        if !is_typed {
            crate::trace::warn!(
                target: "tower_bearer::introspection",
                "the introspection endpoint calls a token active and tells no token_type, as servers \
                 do of refresh tokens: it is refused; for a server that never tells one there is \
                 insecure_missing_token_type()"
            );
        }
        is_typed
    }
}
