//! An operation in the making, with the schemas that it refers to.

use http::StatusCode;
use utoipa::ToSchema;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn};
use utoipa::openapi::request_body::RequestBody;
use utoipa::openapi::schema::{Array, Schema};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{Content, Ref, RefOr, Required, Response};

use super::facts::Facts;
use crate::login::answer::FailureBody;
use crate::openapi::{add_answer, header};

pub(super) const JSON: &str = "application/json";
pub(super) const FORM: &str = "application/x-www-form-urlencoded";
/// The security scheme of clients that have a secret.
pub(super) const CLIENT: &str = "client";
/// That of browsers with a refresh token.
pub(super) const REFRESH_COOKIE: &str = "refreshCookie";

/// A schema, and all that it refers to.
#[derive(Clone)]
pub(in crate::login) struct NamedSchema {
    pub(super) name: String,
    pub(super) all: Vec<(String, RefOr<Schema>)>,
}

impl NamedSchema {
    pub(in crate::login) fn of<T: ToSchema>() -> Self {
        let name = T::name().into_owned();
        let mut all = vec![(name.clone(), T::schema())];
        T::schemas(&mut all);
        Self { name, all }
    }
}

pub(super) struct Draft {
    pub(super) operation: Operation,
    pub(super) schemas: Vec<(String, RefOr<Schema>)>,
}

impl Draft {
    /// Every operation may fail for reasons of the service's own.
    pub(super) fn new(summary: &str) -> Self {
        Self::of_nothing(summary)
            .refuses(StatusCode::INTERNAL_SERVER_ERROR, "`server_error`")
            .refuses(StatusCode::SERVICE_UNAVAILABLE, "`temporarily_unavailable`")
    }

    pub(super) fn of_nothing(summary: &str) -> Self {
        let mut operation = Operation::new();
        operation.summary = Some(summary.to_owned());
        Self { operation, schemas: Vec::new() }
    }

    pub(super) fn says(mut self, description: &str) -> Self {
        self.operation.description = Some(description.to_owned());
        self
    }

    /// A body of JSON and nothing else.
    pub(super) fn takes_json(self, schema: impl Into<RefOr<Schema>>) -> Self {
        self.takes(Required::True, [(JSON, schema.into())])
            .refuses(StatusCode::UNSUPPORTED_MEDIA_TYPE, "`invalid_request`: it is not JSON")
    }

    pub(super) fn takes<const N: usize>(
        mut self,
        required: Required,
        contents: [(&str, RefOr<Schema>); N],
    ) -> Self {
        let mut body = RequestBody::new();
        body.required = Some(required);
        for (media_type, schema) in contents {
            body.content.insert(media_type.to_owned(), Content::new(Some(schema)).into());
        }
        self.operation.request_body = Some(body.into());
        self.refuses(StatusCode::PAYLOAD_TOO_LARGE, "`invalid_request`: the body is too large")
    }

    pub(super) fn reads_query(
        mut self,
        name: &str,
        schema: impl Into<RefOr<Schema>>,
        description: &str,
    ) -> Self {
        let mut parameter = Parameter::new(name);
        parameter.parameter_in = ParameterIn::Query;
        parameter.required = Required::False;
        parameter.schema = Some(schema.into());
        parameter.description = Some(description.to_owned());
        self.operation.parameters.get_or_insert_default().push(RefOr::T(parameter));
        self
    }

    /// What a client proves itself with, or nothing.
    pub(super) fn of_client(mut self, knows_clients: bool) -> Self {
        if !knows_clients {
            return self;
        }
        let basic = SecurityRequirement::new(CLIENT, Vec::<String>::new());
        self.operation.security = Some(vec![SecurityRequirement::default(), basic]);
        self.refuses_client()
    }

    /// One more way to say who asks; `none` for nobody.
    pub(super) fn or_by(mut self, scheme: &str) -> Self {
        let ways =
            self.operation.security.get_or_insert_with(|| vec![SecurityRequirement::default()]);
        ways.push(SecurityRequirement::new(scheme, Vec::<String>::new()));
        self
    }

    /// Where browsers have a cookie: the answers with these statuses may set it or clear it.
    pub(super) fn sets_cookie(mut self, facts: &Facts, statuses: &[StatusCode]) -> Self {
        if facts.cookie.is_none() {
            return self;
        }
        for status in statuses {
            let answer = self.operation.responses.responses.get_mut(status.as_str());
            if let Some(RefOr::T(answer)) = answer {
                let cookie = header("The refresh token, or the end of it.", None, false);
                answer.headers.insert("Set-Cookie".to_owned(), cookie.into());
            }
        }
        self
    }

    /// Where browsers have a cookie: pages of another site can't ask.
    pub(super) fn refuses_other_sites(self, facts: &Facts) -> Self {
        if facts.cookie.is_none() {
            return self;
        }
        self.refuses(StatusCode::FORBIDDEN, "`forbidden`: the request comes from another site")
    }

    pub(super) fn refuses_client(self) -> Self {
        let description = "`invalid_client`: the client is unknown, or did not authenticate";
        self.refuses(StatusCode::UNAUTHORIZED, description)
    }

    pub(super) fn shows<T: ToSchema>(mut self, status: StatusCode, description: &str) -> Self {
        let schema = self.refer_to::<T>();
        self.shows_schema(status, description, schema)
    }

    pub(super) fn lists<T: ToSchema>(mut self, description: &str) -> Self {
        let items = Array::new(self.refer_to::<T>());
        self.shows_schema(StatusCode::OK, description, items)
    }

    pub(super) fn shows_schema(
        mut self,
        status: StatusCode,
        description: &str,
        schema: impl Into<RefOr<Schema>>,
    ) -> Self {
        let mut answer = kept_by_no_cache(description);
        answer.content.insert(JSON.to_owned(), Content::new(Some(schema)).into());
        add_answer(&mut self.operation, status, answer);
        self
    }

    /// An answer without a body.
    pub(super) fn done(mut self, status: StatusCode, description: &str) -> Self {
        add_answer(&mut self.operation, status, kept_by_no_cache(description));
        self
    }

    /// An error in the shape of RFC 6749, section 5.2.
    pub(super) fn refuses(mut self, status: StatusCode, description: &str) -> Self {
        let schema = self.refer_to::<FailureBody<'_>>();
        let mut answer = kept_by_no_cache(description);
        answer.content.insert(JSON.to_owned(), Content::new(Some(schema)).into());
        let mut describe = |name: &str, description: &str, example: &str| {
            let header = header(description, Some(example), true);
            answer.headers.insert(name.to_owned(), header.into());
        };
        match status {
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                describe("Retry-After", "In seconds.", "1");
            }
            StatusCode::UNAUTHORIZED => {
                let example = r#"Basic realm="api""#;
                describe("WWW-Authenticate", "How a client can authenticate.", example);
            }
            _ => {}
        }
        add_answer(&mut self.operation, status, answer);
        self
    }

    pub(super) fn refer_to<T: ToSchema>(&mut self) -> RefOr<Schema> {
        let NamedSchema { name, all } = NamedSchema::of::<T>();
        self.schemas.extend(all);
        RefOr::Ref(Ref::from_schema_name(name))
    }
}

fn kept_by_no_cache(description: &str) -> Response {
    let mut answer = Response::new(description);
    let header = header("No cache keeps it.", Some("no-store"), true);
    answer.headers.insert("Cache-Control".to_owned(), header.into());
    answer
}
