//! What the verifying side and the tokens are held to.

use super::{Requirement, met, not_applicable, not_built};

const OURS: &str = "our decision";

#[rustfmt::skip]
pub(super) const CREDENTIAL: &[Requirement] = &[
    met(1, "A valid token in `Authorization: Bearer` is accepted.", "RFC 6750, 2.1"),
    met(2, "The scheme is `Bearer` in any case of its letters.", "RFC 9110, 11.1"),
    met(3, "One or more spaces part scheme and token; with a tab the request is malformed.",
        "RFC 6750, 2.1"),
    met(4, "What is no b64token is a malformed request: 400 with `invalid_request`.",
        "RFC 6750, 2.1"),
    met(5, "`Bearer` without a token is a malformed request, not an absent credential.",
        "RFC 6750, 3.1"),
    met(6, "Two `Authorization` lines are refused; neither of them wins.", "RFC 9110, 5.3"),
    met(7, "Another scheme counts as no credentials: 401 without an error.", "RFC 6750, 3.1"),
    met(8, "A token in two places is refused with 400, even the same one; beside a header a \
        cookie is not looked at.", "RFC 6750, 2"),
    met(9, "A query that has the token twice is refused with 400.", "RFC 6750, 3.1"),
    met(10, "A token in the query is not looked at unless that is switched on.",
        "RFC 6750, 2.3"),
    met(11, "The answer to a token in the query is `Cache-Control: private`.", "RFC 6750, 2.3"),
    met(12, "A form body is no place for a token.", OURS),
    met(13, "A token's cookie is `Secure`, `HttpOnly` and `SameSite`.", "RFC 6750, 5.3"),
    met(14, "With a cookie, a request that changes something proves that it is not another \
        site's; else it is a 403 without a challenge.", OURS),
    met(15, "Credentials above 8 KiB are refused before anything is decoded.", OURS),
    met(16, "Tokens are in no `Debug`, `Display`, event or body of an error.", OURS),
    met(17, "The token can be taken out of what the inner service sees.", OURS),
];

#[rustfmt::skip]
pub(super) const ANSWERS: &[Requirement] = &[
    met(18, "Every 401 of ours has a `WWW-Authenticate`.", "RFC 9110, 15.5.2"),
    met(19, "A challenge has at least one parameter; by default `realm=\"api\"`.",
        "RFC 6750, 3"),
    met(20, "Without credentials neither header nor body names an error.", "RFC 6750, 3.1"),
    met(21, "The 401 of a route that asks for scopes names them.", "RFC 6750, 3"),
    met(22, "A token that is expired, forged or none is a 401 with `invalid_token`.",
        "RFC 6750, 3.1"),
    met(23, "A token that lacks a scope is a 403 with `insufficient_scope` and the scopes to ask \
        for.", "RFC 6750, 3.1"),
    met(24, "`scope` names what is required, not what is held; no parameter occurs twice.",
        "RFC 6750, 3"),
    met(25, "Parameters have only the characters that their grammar allows.", "RFC 6750, 3"),
    met(26, "The realm is a quoted string with its escapes; what fits no header stops the start.",
        "RFC 9110, 11.5"),
    met(27, "A lacking role is a 403 that does not say `insufficient_scope`.", OURS),
    met(28, "A malformed request is a 400 whose challenge says `invalid_request`.",
        "RFC 6750, 3.1"),
    met(29, "Whatever is wrong with a token is `invalid_token`, never a 403 or a 500.",
        "RFC 9068, 4"),
    met(30, "Clients read constants, never the text of a library or a claim; the reason can be \
        hidden.", OURS),
    met(31, "Keys or users that can't be asked for are a 503 with `Retry-After` and no challenge.",
        OURS),
    met(32, "Several schemes are several challenges, and each reads back as it was meant.",
        "RFC 9110, 11.6.1"),
    met(33, "Beside other schemes, an error is in the challenge of the scheme that failed alone.",
        "RFC 9449, 7.2"),
    met(34, "The headers that a page of another origin has to read are named for CORS.",
        "RFC 9449, 7.1"),
    met(35, "A CORS preflight passes; any other `OPTIONS` request is protected.",
        "Fetch, CORS-preflight fetch"),
    met(36, "The body is OAuth JSON, problem+json or `detail`; status and challenge stay the same.",
        "RFC 9457, 3"),
    met(37, "`HEAD` is answered as `GET`, without the body.", "RFC 9110, 9.3.2"),
    met(38, "Under `route_layer` an unknown path stays a 404.", OURS),
    met(39, "Optional: absent credentials pass as nobody, wrong ones are refused unless another \
        mode is asked for by name.", OURS),
    met(40, "An extractor or policy without the layer is a 500, never an anonymous request.", OURS),
];

#[rustfmt::skip]
pub(super) const STEP_UP: &[Requirement] = &[
    not_built(41, "A login that was too weak for the route is told the `acr_values` to ask for.",
        "RFC 9470, 3"),
    not_built(42, "A login that is too long ago is told the `max_age` to ask for.", "RFC 9470, 3"),
    not_built(43, "Both can be in one challenge.", "RFC 9470, 3"),
    not_built(44, "A token that says nothing about its login does not satisfy such a route.", OURS),
    met(45, "Introspection tells `acr` and `auth_time`, and a service that asks can read them.", "RFC 9470, 6.2"),
    met(46, "The metadata of the issuer lists the `acr_values` it knows.", "RFC 9470, 7"),
];

#[rustfmt::skip]
pub(super) const TOKENS: &[Requirement] = &[
    met(47, "A token is three parts of base64url; anything else is refused before a key is \
        touched.", "RFC 7515, 7.1"),
    met(48, "Base64url has one form: no padding, no space, no bits left over.", "RFC 7515, 5.2"),
    met(49, "Member names of header and claims are unique.", "RFC 7515, 4; RFC 7519, 4"),
    met(50, "Header and claims are UTF-8 and objects.", "RFC 7515, 5.2; RFC 8725, 3.7"),
    met(51, "`alg` is compared byte for byte; `none` in no spelling passes.", "RFC 8725, 3.1"),
    met(52, "A key has one algorithm: a public key is never the secret of an HMAC.",
        "RFC 8725, 3.1"),
    met(53, "`alg` agrees with the key that `kid` names.", "RFC 8725, 3.1"),
    met(54, "A token with `crit` is refused, since no extension is understood.",
        "RFC 7515, 4.1.11"),
    met(55, "`b64` is refused, with and without `crit`.", "RFC 7797, 7"),
    met(56, "Keys and addresses in the header are not used.", "RFC 8725, 3.10"),
    met(57, "`kid` is a text to compare and nothing else.", "RFC 8725, 3.10"),
    met(58, "The secret of an HMAC is at least as long as its hash.", "RFC 7518, 3.2"),
    met(59, "RSA keys have at least 2048 bits.", "RFC 7518, 3.3"),
    met(60, "An ECDSA signature is `r` and `s` of fixed length, neither of them zero.",
        "RFC 7518, 3.4"),
    met(61, "Secrets that are words, patterns or known from documentation are refused.",
        "RFC 8725, 3.5"),
    met(62, "Ed25519 is accepted under `Ed25519` and under `EdDSA`; the nonces of ECDSA are the \
        library's.", "RFC 9864, 2.2; RFC 8725, 3.2"),
    met(63, "A token ends at `exp`: in that moment it is over.", "RFC 7519, 4.1.4"),
    met(64, "A token begins at `nbf`: in that moment it is valid.", "RFC 7519, 4.1.5"),
    met(65, "One leeway for all times: 30 seconds, at most 300.", "RFC 7519, 4.1.4"),
    met(66, "A date is any JSON number; another type, or one out of range, is refused.",
        "RFC 7519, 2"),
    met(67, "A token without `exp` is refused.", OURS),
    met(68, "`iat` in the future is refused; a greatest age can be set.", OURS),
    met(69, "`aud` is a string or an array of strings, compared letter by letter.",
        "RFC 7519, 4.1.3"),
    met(70, "A verifier is not built without a decision on the audience.", "RFC 7519, 4.1.3"),
    met(71, "Where an audience is configured, a token without `aud` is refused.",
        "RFC 8725, 3.9"),
    met(72, "`iss` is compared letter by letter, and the key is that issuer's.", "RFC 8725, 3.8"),
    met(73, "With a store of users, a token whose user is gone or disabled is refused.",
        "RFC 8725, 3.8"),
    met(74, "No kind of token stands in for another: access, refresh, and whatever else the same \
        key signs.", "RFC 8725, 3.11, 3.12"),
    met(75, "`typ` is compared without case, and with or without `application/`.",
        "RFC 7515, 4.1.9"),
    met(76, "Encrypted tokens are refused.", OURS),
    met(77, "Claims are judged only after the signature.", "RFC 7515, 10"),
    met(78, "JSON that is deep, wide or long is refused, and no token panics.", OURS),
    met(79, "The clock is given, so every rule about time has a test that travels.", OURS),
];

#[rustfmt::skip]
pub(super) const PROFILE: &[Requirement] = &[
    met(80, "Tokens that we sign have the type `at+jwt` and an algorithm.", "RFC 9068, 2.1"),
    met(81, "They have `iss`, `exp`, `aud`, `sub`, `client_id`, `iat` and a random `jti`, and \
        `sid` where there is a session.", "RFC 9068, 2.2"),
    met(82, "A strict verifier takes the type `at+jwt` alone, with or without `application/`.",
        "RFC 9068, 4"),
    met(83, "No particular `client_id` is asked for.", OURS),
    met(84, "`scope` is one text parted by spaces; `scp` and arrays are read as well.",
        "RFC 9068, 2.2.3"),
    met(85, "Roles come from one claim, which can be chosen; several are never merged.",
        "RFC 9068, 2.2.3.1"),
    met(86, "`auth_time` and `amr` of the login outlive a refresh unchanged.",
        "RFC 9068, 2.2.1"),
    met(87, "An ID token is no access token.", "RFC 9068, 5"),
    not_built(88, "The subject of a machine can't be the ID of a user.", "RFC 9700, 4.15"),
];

#[rustfmt::skip]
pub(super) const KEY_BOUND: &[Requirement] = &[
    not_built(139, "One `DPoP` header beside `Authorization: DPoP`.", "RFC 9449, 7.1"),
    not_built(140, "A proof is refused for each rule that it breaks.", "RFC 9449, 4.3"),
    not_built(141, "`htm` is the method, letter by letter.", "RFC 9449, 4.3"),
    not_built(142, "`htu` is the URI of the request in its normal form.", "RFC 9449, 4.3"),
    not_built(143, "`ath` is the hash of the token.", "RFC 9449, 4.3"),
    not_built(144, "The proof's key is the one that the token names.", "RFC 9449, 6.1"),
    met(145, "A token that is bound to a key is refused as a bearer token.", "RFC 9449, 7.2"),
    not_built(146, "A token that is bound to no key is refused under the scheme `DPoP`.",
        "RFC 9449, 7.1"),
    not_built(147, "A proof is good for a short time, and once.", "RFC 9449, 11.1"),
    not_built(148, "A nonce that is required and absent is asked for.", "RFC 9449, 8, 9"),
    not_built(149, "Nonces can't be guessed and take turns.", "RFC 9449, 8"),
    not_built(150, "The challenge lists the algorithms of proofs.", "RFC 9449, 7.1"),
    not_built(151, "Proofs may be signed with Ed25519.", "RFC 9449, 4.3"),
    not_built(152, "The origin of a proof's `htu` is configured, or a trusted proxy's.", OURS),
    met(153, "A token that is bound to a certificate is refused without it.", "RFC 8705, 3"),
];

#[rustfmt::skip]
pub(super) const TRANSPORT: &[Requirement] = &[
    met(197, "A request over plain HTTP is a 403 and no redirect.",
        "draft-ietf-httpapi-privacy, 2.4"),
    met(198, "That 403 is the same for good, bad and absent credentials.",
        "draft-ietf-httpapi-privacy, 2.4"),
    not_applicable(199, "–", "–", "the number is not in use"),
    met(200, "`Strict-Transport-Security` is sent over HTTPS alone.", "RFC 6797, 7.2"),
    met(201, "Caches are told what may be kept for whom.", "RFC 9111, 3.5, 5.2"),
    met(202, "A WebSocket may offer its token as a subprotocol, which is not sent back; a cookie \
        is checked as on a change; the connection can end with the token.", OURS),
];
