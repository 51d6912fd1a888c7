//! Endpoint by endpoint: what it takes and what it answers.

use http::StatusCode;
use utoipa::openapi::path::HttpMethod::{self, Delete, Get, Patch, Post, Put};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{Object, Required, Type};

use super::bodies::{self, text, with};
use super::draft::{CLIENT, Draft, FORM, JSON, REFRESH_COOKIE};
use super::facts::Facts;
use crate::login::admin::{AccountPage, ShownAccount};
use crate::login::answer::{Accepted, ShownSession, ShownUser, Tokens};
use crate::login::api_keys::ShownKey;
use crate::login::endpoint::Endpoint;
use crate::login::register::SignedIn;
use crate::openapi::BEARER;

use StatusCode as Status;

const THROTTLED: &str = "`too_many_requests`: there were too many attempts";
const MALFORMED: &str = "`invalid_request`: the body is malformed";
const FIELD: &str = "`invalid_field`: a field breaks its rule";
const NOT_FOUND: &str = "`not_found`";
const TAKEN: &str = "`conflict`: the name or the address is taken";
const ONLY_ONCE: &str = "`invalid_grant`: the token is wrong, used or expired";

pub(super) fn operations(endpoint: Endpoint, facts: &Facts) -> Vec<(HttpMethod, Draft)> {
    match endpoint {
        Endpoint::Register => vec![(Post, register(facts))],
        Endpoint::Token => vec![(Post, token(facts))],
        Endpoint::Login => vec![(Post, login(facts))],
        Endpoint::Refresh => vec![(Post, refresh(facts))],
        Endpoint::Logout => vec![(Post, logout(facts))],
        Endpoint::Revoke => vec![(Post, revoke(facts))],
        Endpoint::Introspect => vec![(Post, introspect(facts))],
        Endpoint::Me if facts.edits_accounts => {
            vec![(Get, me()), (Patch, edit(facts)), (Put, edit(facts))]
        }
        Endpoint::Me => vec![(Get, me())],
        Endpoint::Password => vec![(Post, password())],
        Endpoint::Sessions => vec![(Get, sessions()), (Delete, end_sessions(facts))],
        Endpoint::Session => vec![(Delete, end_session(facts))],
        Endpoint::VerifyEmail => vec![(Post, verify_email())],
        Endpoint::ForgotPassword => vec![(Post, forgot_password())],
        Endpoint::ResetPassword => vec![(Post, reset_password())],
        Endpoint::ApiKeys => vec![(Get, api_keys()), (Post, new_api_key())],
        Endpoint::ApiKey => vec![(Delete, revoke_api_key())],
        Endpoint::Users => vec![(Get, users())],
        Endpoint::User => vec![(Get, user()), (Patch, edit_user()), (Delete, delete_user())],
        Endpoint::UserSessions => vec![(Delete, end_user_sessions())],
    }
}

fn register(facts: &Facts) -> Draft {
    let draft = Draft::new("Makes an account")
        .takes_json(bodies::register(facts))
        .refuses(Status::BAD_REQUEST, MALFORMED)
        .refuses(Status::UNPROCESSABLE_ENTITY, FIELD)
        .refuses(Status::TOO_MANY_REQUESTS, THROTTLED);
    if facts.is_private {
        return draft.shows::<Accepted>(Status::ACCEPTED, "A mail says what has become of it.");
    }
    let draft = draft.refuses(Status::CONFLICT, TAKEN);
    if facts.signs_in_on_register {
        let draft = draft.refuses(Status::BAD_REQUEST, "`invalid_scope`");
        let draft = draft.of_client(facts.knows_clients);
        draft
            .shows::<SignedIn<'_>>(Status::CREATED, "The user, and tokens.")
            .sets_cookie(facts, &[Status::CREATED])
            .refuses_other_sites(facts)
    } else {
        draft.shows::<ShownUser<'_>>(Status::CREATED, "The user.")
    }
}

fn token(facts: &Facts) -> Draft {
    Draft::new("Issues tokens, for a password or a refresh token")
        .says("The token endpoint of OAuth 2.0 (RFC 6749, section 3.2).")
        .takes(Required::True, [(FORM, bodies::token(facts))])
        .shows::<Tokens>(Status::OK, "Tokens.")
        .refuses(
            Status::BAD_REQUEST,
            "`invalid_request`, `invalid_grant`, `invalid_scope` or `unsupported_grant_type`",
        )
        .refuses(Status::TOO_MANY_REQUESTS, THROTTLED)
        .of_client(facts.knows_clients)
}

fn login(facts: &Facts) -> Draft {
    Draft::new("Logs a user in")
        .takes_json(bodies::login(facts))
        .shows::<Tokens>(Status::OK, "Tokens.")
        .refuses(Status::BAD_REQUEST, "`invalid_request`, `invalid_grant` or `invalid_scope`")
        .refuses(Status::TOO_MANY_REQUESTS, THROTTLED)
        .sets_cookie(facts, &[Status::OK])
        .refuses_other_sites(facts)
        .of_client(facts.knows_clients)
}

fn refresh(facts: &Facts) -> Draft {
    let by_cookie = facts.cookie.is_some();
    let required = if by_cookie { Required::False } else { Required::True };
    let json = bodies::refresh_json(facts);
    let draft = Draft::new("Exchanges a refresh token")
        .takes(required, [(JSON, json.into()), (FORM, bodies::refresh_form(facts).into())])
        .shows::<Tokens>(Status::OK, "Tokens. The refresh token that was sent is used up.")
        .refuses(
            Status::BAD_REQUEST,
            "`invalid_request`, `invalid_grant`, `invalid_scope` or `unsupported_grant_type`",
        )
        .sets_cookie(facts, &[Status::OK, Status::BAD_REQUEST])
        .refuses_other_sites(facts)
        .of_client(facts.knows_clients);
    if by_cookie {
        draft
            .says("That of the body, with an answer in the body; or that of the cookie, with one in the cookie.")
            .or_by(REFRESH_COOKIE)
    } else {
        draft
    }
}

fn logout(facts: &Facts) -> Draft {
    let draft = Draft::new("Ends a session")
        .says("That of the access token in `Authorization`, that of the refresh token in the body or in the cookie.")
        .takes(
            Required::False,
            [(JSON, bodies::logout(facts, true).into()), (FORM, bodies::logout(facts, false).into())],
        )
        .done(Status::NO_CONTENT, "The session is over, or was already.")
        .refuses(Status::BAD_REQUEST, "`invalid_request`: there is no token, or it is malformed")
        .sets_cookie(facts, &[Status::NO_CONTENT, Status::BAD_REQUEST])
        .refuses_other_sites(facts)
        .of_client(facts.knows_clients)
        .or_by(BEARER);
    if facts.cookie.is_some() { draft.or_by(REFRESH_COOKIE) } else { draft }
}

fn revoke(facts: &Facts) -> Draft {
    Draft::new("Revokes a token")
        .says("RFC 7009. A token that is unknown, or another client's, is answered as one that is revoked.")
        .takes(Required::True, [(FORM, bodies::token_alone(facts).into())])
        .done(Status::OK, "The token is not good for anything any more.")
        .refuses(Status::BAD_REQUEST, "`invalid_request` or `unsupported_token_type`")
        .of_client(facts.knows_clients)
}

fn introspect(facts: &Facts) -> Draft {
    let mut draft = Draft::new("Says what a token is good for")
        .says(
            "RFC 7662. For clients that may, with their secret in `Authorization` or in the body.",
        )
        .takes(Required::True, [(FORM, bodies::token_alone(facts).into())])
        .shows_schema(
            Status::OK,
            "Whether the token is active, and if it is, what it says.",
            bodies::introspection(),
        )
        .refuses(Status::BAD_REQUEST, "`invalid_request`")
        .refuses(Status::FORBIDDEN, "`unauthorized_client`")
        .refuses_client();
    let basic = SecurityRequirement::new(CLIENT, Vec::<String>::new());
    draft.operation.security = Some(vec![basic, SecurityRequirement::default()]);
    draft
}

fn me() -> Draft {
    Draft::new("Shows the user").shows::<ShownUser<'_>>(Status::OK, "The user of the token.")
}

fn edit(facts: &Facts) -> Draft {
    Draft::new("Changes the user")
        .says("What is absent stays as it is. So it is within the profile.")
        .takes_json(bodies::account(facts))
        .shows::<ShownUser<'_>>(Status::OK, "The user.")
        .refuses(Status::BAD_REQUEST, MALFORMED)
        .refuses(Status::CONFLICT, TAKEN)
        .refuses(Status::UNPROCESSABLE_ENTITY, FIELD)
        .refuses(Status::TOO_MANY_REQUESTS, THROTTLED)
}

fn password() -> Draft {
    Draft::new("Changes the password")
        .says("Ends the user's other sessions.")
        .takes_json(bodies::password_change())
        .done(Status::NO_CONTENT, "The password is changed.")
        .refuses(
            Status::BAD_REQUEST,
            "`invalid_request`, or `invalid_grant`: the password is wrong",
        )
        .refuses(Status::CONFLICT, "`conflict`: it was changed meanwhile")
        .refuses(Status::UNPROCESSABLE_ENTITY, FIELD)
        .refuses(Status::TOO_MANY_REQUESTS, THROTTLED)
}

fn sessions() -> Draft {
    Draft::new("Lists the user's sessions")
        .lists::<ShownSession<'_>>("Sessions, with the one used last first.")
}

fn end_sessions(facts: &Facts) -> Draft {
    let mut all = Object::with_type(Type::Boolean);
    all.default = Some(false.into());
    Draft::new("Ends the user's other sessions")
        .reads_query("all", all, "This one too.")
        .done(Status::NO_CONTENT, "They are over.")
        .sets_cookie(facts, &[Status::NO_CONTENT])
        .refuses(Status::BAD_REQUEST, "`invalid_request`: `all` is not true or false")
}

fn end_session(facts: &Facts) -> Draft {
    Draft::new("Ends one of the user's sessions")
        .done(Status::NO_CONTENT, "It is over.")
        .sets_cookie(facts, &[Status::NO_CONTENT])
        .refuses(Status::NOT_FOUND, NOT_FOUND)
}

fn verify_email() -> Draft {
    Draft::new("Confirms an address, or sends the mail for it again")
        .takes_json(bodies::verify_email())
        .done(Status::NO_CONTENT, "The address is confirmed.")
        .shows::<Accepted>(Status::ACCEPTED, "If there is a mail to send, it is on its way.")
        .refuses(Status::BAD_REQUEST, MALFORMED)
        .refuses(Status::BAD_REQUEST, ONLY_ONCE)
        .refuses(Status::CONFLICT, TAKEN)
        .refuses(Status::UNPROCESSABLE_ENTITY, FIELD)
        .refuses(Status::TOO_MANY_REQUESTS, THROTTLED)
}

fn forgot_password() -> Draft {
    Draft::new("Mails a token to set a new password with")
        .takes_json(bodies::forgot_password())
        .shows::<Accepted>(Status::ACCEPTED, "If there is a mail to send, it is on its way.")
        .refuses(Status::BAD_REQUEST, MALFORMED)
        .refuses(Status::UNPROCESSABLE_ENTITY, FIELD)
        .refuses(Status::TOO_MANY_REQUESTS, THROTTLED)
}

fn reset_password() -> Draft {
    Draft::new("Sets a new password, for a token that was mailed")
        .takes_json(bodies::reset_password())
        .done(Status::NO_CONTENT, "The password is changed.")
        .refuses(Status::BAD_REQUEST, MALFORMED)
        .refuses(Status::BAD_REQUEST, ONLY_ONCE)
        .refuses(Status::UNPROCESSABLE_ENTITY, FIELD)
        .refuses(Status::TOO_MANY_REQUESTS, THROTTLED)
}

fn api_keys() -> Draft {
    Draft::new("Lists the user's API keys").lists::<ShownKey<'_>>("Keys, with the newest first.")
}

fn new_api_key() -> Draft {
    Draft::new("Makes an API key")
        .takes_json(bodies::api_key())
        .shows::<ShownKey<'_>>(Status::CREATED, "The key, this once.")
        .refuses(Status::BAD_REQUEST, MALFORMED)
        .refuses(Status::BAD_REQUEST, "`invalid_scope`: beyond what the user or the token has")
        .refuses(Status::CONFLICT, "`conflict`: there are too many")
        .refuses(Status::UNPROCESSABLE_ENTITY, FIELD)
}

fn revoke_api_key() -> Draft {
    Draft::new("Revokes an API key")
        .done(Status::NO_CONTENT, "It is revoked.")
        .refuses(Status::NOT_FOUND, NOT_FOUND)
}

fn users() -> Draft {
    let limit = with(Object::with_type(Type::Integer), |limit| {
        limit.minimum = Some(1_usize.into());
        limit.maximum = Some(100_usize.into());
        limit.default = Some(50.into());
    });
    Draft::new("Lists users")
        .reads_query("limit", limit, "How many.")
        .reads_query("after", text(""), "The `next` of the page before.")
        .shows::<AccountPage<'_>>(Status::OK, "Users, in the order of their IDs.")
        .refuses(Status::BAD_REQUEST, "`invalid_request`: `limit` is no number from 1 to 100")
}

fn user() -> Draft {
    Draft::new("Shows a user")
        .shows::<ShownAccount<'_>>(Status::OK, "The user.")
        .refuses(Status::NOT_FOUND, NOT_FOUND)
}

fn edit_user() -> Draft {
    Draft::new("Changes what a user may")
        .takes_json(bodies::administered())
        .shows::<ShownAccount<'_>>(Status::OK, "The user.")
        .refuses(Status::BAD_REQUEST, MALFORMED)
        .refuses(Status::NOT_FOUND, NOT_FOUND)
        .refuses(Status::CONFLICT, "`conflict`: nobody can lock themselves out")
        .refuses(Status::UNPROCESSABLE_ENTITY, FIELD)
}

fn delete_user() -> Draft {
    Draft::new("Deletes a user")
        .done(Status::NO_CONTENT, "The user is gone.")
        .refuses(Status::NOT_FOUND, NOT_FOUND)
        .refuses(Status::CONFLICT, "`conflict`: nobody can lock themselves out")
}

fn end_user_sessions() -> Draft {
    Draft::new("Ends the sessions of a user")
        .done(Status::NO_CONTENT, "They are over.")
        .refuses(Status::NOT_FOUND, NOT_FOUND)
}
