//! What the layers put into the operations that they guard.

use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::Schema;
use utoipa::openapi::security::SecurityScheme;
use utoipa::openapi::{Content, Object, OpenApi, Ref, RefOr, Response, Type};

use super::answers::{add_answer, header};
use super::security::{self, API_KEY, BEARER, Way, add_scopes, set_ways, split, ways_of};
use super::{components, operations};
use crate::AuthErrorKind;
use crate::auth::JwtAuthLayer;
use crate::reject::{Rejection, Responder, Surroundings};
use crate::require::RequireLayer;

const DENIED: &str = "The credentials are valid, and not enough.";

/// OpenAPI.
impl JwtAuthLayer {
    /// Writes into every operation of a document what this layer does to it: the ways to
    /// authenticate, each with the scopes that the layer [requires](Self::require), and the answers
    /// to whoever may not: 400, 401, 403, 429 and 503, as far as they can come, with their
    /// headers, and with bodies in the form that the layer has been told. What an operation has for
    /// one of these statuses stays beside it.
    ///
    /// The document is that of the routes which the layer guards, before others are merged into it.
    /// A [`RequireLayer`] inside is documented first, so that its scopes are in each way. The schemes are
    /// `bearer`, `apiKey`, `cookie.NAME` and `query.NAME`, by what the layer takes; `oauth2` is that of
    /// [`PasswordFlow`](crate::PasswordFlow).
    ///
    /// Where a policy has several ways, what is documented is what its 403 names. A function given
    /// to [`on_reject`](Self::on_reject) is called for each operation and status, for the type of its body.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Issuer, JwtAuthLayer, scopes};
    /// use utoipa::OpenApi;
    ///
    /// #[utoipa::path(get, path = "/posts", responses((status = 200, body = Vec<String>)))]
    /// async fn posts() {}
    ///
    /// #[derive(OpenApi)]
    /// #[openapi(paths(posts))]
    /// struct Posts;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let verifier = Issuer::for_tests().verifier()?;
    /// let layer = JwtAuthLayer::new(verifier).require(scopes(["posts:read"]));
    /// let mut api = Posts::openapi();
    /// layer.document(&mut api);
    ///
    /// let api: serde_json::Value = serde_json::from_str(&api.to_json()?)?;
    /// let operation = &api["paths"]["/posts"]["get"];
    /// assert_eq!(operation["security"][0]["bearer"][0], "posts:read");
    /// let challenge = &operation["responses"]["403"]["headers"]["WWW-Authenticate"]["example"];
    /// assert!(challenge.as_str().is_some_and(|it| it.contains(r#"scope="posts:read""#)));
    /// # Ok(())
    /// # }
    /// ```
    pub fn document(&self, api: &mut OpenApi) {
        self.document_as(api, self.is_optional());
    }

    /// As a layer whose routes nobody gets to without a token.
    #[cfg(feature = "login")]
    pub(crate) fn document_required(&self, api: &mut OpenApi) {
        self.document_as(api, false);
    }

    fn document_as(&self, api: &mut OpenApi, is_optional: bool) {
        let schemes = self.schemes();
        let own_scopes = split(self.required_scope().as_deref());
        for operation in operations(api) {
            let mut scopes = Vec::new();
            let held = ways_of(operation).into_iter().flat_map(Way::into_values);
            held.for_each(|held| add_scopes(&mut scopes, &held));
            add_scopes(&mut scopes, &own_scopes);
            let judges = self.has_requirement() || !scopes.is_empty() || is_denied(operation);
            let way = |(name, _): &(String, _)| Way::from([(name.clone(), scopes.clone())]);
            let mut ways: Vec<Way> = schemes.iter().map(way).collect();
            if is_optional && !judges {
                ways.push(Way::new());
            }
            set_ways(operation, ways);
            self.add_refusals(operation, &scopes, judges);
        }
        for (name, scheme) in schemes {
            security::declare(api, &name, scheme);
        }
        if let Responder::Format(format) = self.surroundings().responder()
            && let Some((name, schema)) = format.schema()
        {
            components(api).schemas.entry(name).or_insert(schema);
        }
    }

    /// How to authenticate, as far as OpenAPI has words for it.
    fn schemes(&self) -> Vec<(String, SecurityScheme)> {
        let mut schemes = Vec::new();
        if self.verifier().is_some() {
            schemes.push((BEARER.to_owned(), security::bearer()));
            schemes.extend(self.cookies().map(security::cookie));
            schemes.extend(self.query_parameters().map(security::query));
        }
        if self.takes_api_keys() {
            schemes.push((API_KEY.to_owned(), security::api_key()));
        }
        schemes
    }

    fn add_refusals(&self, operation: &mut Operation, scopes: &[String], judges: bool) {
        use AuthErrorKind as Kind;
        let may_be_cross_site = self.looks_at_origin();
        let forbids = judges || may_be_cross_site || self.takes_api_keys();
        let denial = if scopes.is_empty() { Kind::Forbidden } else { Kind::InsufficientScope };
        let kinds = [
            (Kind::MalformedCredentials, "The credentials are malformed.", true),
            (Kind::MissingCredentials, "There are no credentials, or none that are valid.", true),
            (denial, DENIED, forbids),
            (Kind::ApiKeyRateExceeded, "The API key is used too often.", self.takes_api_keys()),
            (Kind::Unavailable, "The credentials can't be checked at the moment.", true),
        ];
        for (kind, description, _) in kinds.into_iter().filter(|(_, _, comes)| *comes) {
            let is_always_challenged = kind != denial || !may_be_cross_site;
            let surroundings = self.surroundings().clone();
            let answer = refusal(kind, surroundings, scopes, description, is_always_challenged);
            add_answer(operation, kind.status(), answer);
        }
    }
}

/// OpenAPI.
impl RequireLayer {
    /// Writes the scopes of the policy into every operation of a document, and that there is a
    /// 403. The document is that of the routes which the layer guards; the layer around it comes
    /// after, and says what the 403 looks like: [`JwtAuthLayer::document`].
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Issuer, JwtAuthLayer, require_scopes};
    /// use utoipa::OpenApi;
    ///
    /// #[utoipa::path(delete, path = "/posts", responses((status = 204)))]
    /// async fn delete_posts() {}
    ///
    /// #[derive(OpenApi)]
    /// #[openapi(paths(delete_posts))]
    /// struct Posts;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let auth = JwtAuthLayer::new(Issuer::for_tests().verifier()?);
    /// let mut api = Posts::openapi();
    /// require_scopes(["posts:write"]).document(&mut api);
    /// auth.document(&mut api);
    ///
    /// let api: serde_json::Value = serde_json::from_str(&api.to_json()?)?;
    /// let security = &api["paths"]["/posts"]["delete"]["security"];
    /// assert_eq!(security[0]["bearer"][0], "posts:write");
    /// # Ok(())
    /// # }
    /// ```
    pub fn document(&self, api: &mut OpenApi) {
        let scopes = split(self.scope().as_deref());
        for operation in operations(api) {
            let mut ways = ways_of(operation);
            if ways.is_empty() {
                ways.push(Way::from([(BEARER.to_owned(), Vec::new())]));
            }
            ways.iter_mut()
                .flat_map(|way| way.values_mut())
                .for_each(|held| add_scopes(held, &scopes));
            set_ways(operation, ways);
            add_answer(operation, StatusCode::FORBIDDEN, Response::new(DENIED));
        }
        security::declare(api, BEARER, security::bearer());
    }
}

/// Whether a layer inside has said that it refuses.
fn is_denied(operation: &Operation) -> bool {
    match operation.responses.responses.get(StatusCode::FORBIDDEN.as_str()) {
        Some(RefOr::T(answer)) => answer.description.contains(DENIED),
        Some(RefOr::Ref(_)) | None => false,
    }
}

/// As the layer makes it.
fn refusal(
    kind: AuthErrorKind,
    surroundings: Surroundings,
    scopes: &[String],
    description: &str,
    is_always_challenged: bool,
) -> Response {
    let scope = (!scopes.is_empty()).then(|| scopes.join(" ").into());
    let responder = surroundings.responder().clone();
    let rejection = Rejection::new(kind, surroundings).with_scope(scope);
    let (head, _) = rejection.make_response(&Method::GET).into_parts();
    let mut answer = Response::new(description);
    let mut describe = |name: HeaderName, shown: &str, description: &str, required: bool| {
        if let Some(example) = values(&head.headers, &name) {
            let header = header(description, Some(&example), required);
            answer.headers.insert(shown.to_owned(), header.into());
        }
    };
    let challenge = "How to authenticate (RFC 9110, section 11.6.1; RFC 6750, section 3).";
    describe(WWW_AUTHENTICATE, "WWW-Authenticate", challenge, is_always_challenged);
    describe(RETRY_AFTER, "Retry-After", "In seconds.", true);
    let media_type = head.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = media_type.and_then(|value| value.split(';').next()).map(str::trim);
    if let Some(media_type) = media_type {
        let schema = match responder {
            Responder::Format(format) => {
                format.schema().map(|(name, _)| Ref::from_schema_name(name).into())
            }
            // Made by the application, which alone knows what is in it.
            Responder::Function(_) if media_type.contains("json") => {
                Some(RefOr::T(utoipa::openapi::schema::empty()))
            }
            Responder::Function(_) => Some(Schema::Object(Object::with_type(Type::String)).into()),
        };
        answer.content.insert(media_type.to_owned(), Content::new(schema).into());
    }
    answer
}

/// All values of a header, as in one line.
fn values(headers: &HeaderMap<HeaderValue>, name: &HeaderName) -> Option<String> {
    let values: Vec<&str> =
        headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    (!values.is_empty()).then(|| values.join(", "))
}
