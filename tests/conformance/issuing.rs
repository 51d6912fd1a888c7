//! What the issuing side is held to, as far as it is tested. Numbers between these are not listed.

use super::{Requirement, met};

const OURS: &str = "our decision";
const OWASP: &str = "OWASP Password Storage";
const NIST: &str = "NIST SP 800-63B-4, 3.1.1.2";

#[rustfmt::skip]
pub(super) const TOKEN_ENDPOINT: &[Requirement] = &[
    met(89, "Logging in with a password is for one's own clients: the form can be left out, and login \
        goes on with JSON.",
        "RFC 9700, 2.4"),
    met(90, "The token endpoint takes `POST` only; else it is a 405 with `Allow`.",
        "RFC 6749, 3.2"),
    met(91, "It takes forms in UTF-8 only.", "RFC 6749, 4.3.2"),
    met(92, "`grant_type` is required; one that is not known is `unsupported_grant_type`.",
        "RFC 6749, 4.3.2, 5.2"),
    met(93, "A repeated parameter is refused, an unknown one ignored, an empty one absent.",
        "RFC 6749, 3.2"),
    met(94, "A wrong password, an unknown and a disabled user get the same answer.",
        "RFC 6749, 5.2"),
    met(95, "No cache keeps an answer with tokens.", "RFC 6749, 5.1"),
    met(96, "The answer has the token, its type, its seconds, and the scope where it differs.",
        "RFC 6749, 5.1"),
    met(97, "An error has its code and texts in the characters that are allowed, and nothing else.",
        "RFC 6749, 5.2"),
    met(98, "A client that is not authenticated gets 401 with the challenge of `Basic`, and no other.",
        "RFC 6749, 5.2"),
    met(99, "A client's ID and secret in the header are encoded as in a form.", "RFC 6749, 2.3.1"),
    met(100, "A client authenticates in one way, and never in the query.", "RFC 6749, 2.3"),
    met(101, "A confidential client authenticates; a public one names itself.",
        "RFC 6749, 3.2.1"),
    met(102, "A malformed scope is `invalid_scope`.", "RFC 6749, 3.3"),
    met(103, "Nobody gets a scope by asking for it; what is granted is what the user and the \
        client hold.",
        "RFC 6749, 3.3"),
    met(104, "Without a scope a user gets the default and is told.", "RFC 6749, 3.3"),
    met(105, "Guesses of passwords are limited.", "RFC 6749, 4.3.2"),
    met(106, "Tokens and their IDs have 128 random bits or more.", "RFC 6749, 10.10"),
    met(107, "An access token is for the issuer's audiences and says no more than it has to.",
        "RFC 9700, 2.3"),
    met(108, "One rule for names and addresses at register and login; the store keeps them unique.",
        "RFC 8265, 3.3"),
];

#[rustfmt::skip]
pub(super) const REFRESH: &[Requirement] = &[
    met(109, "A refresh token is good for one exchange.", "RFC 9700, 2.2.2, 4.14.2"),
    met(110, "The second use of one ends its session with all that came of it, and no other.",
        "RFC 9700, 4.14.2"),
    met(111, "Of any number of parallel uses one succeeds, on every store.", "RFC 9700, 4.14.2"),
    met(112, "The end of a session and the birth of a successor are one step on one row.", OURS),
    met(113, "Where it is allowed, a token that comes again at once gets the same answer, for the \
        same client and scope.",
        OURS),
    met(114, "A refresh narrows the scope and never widens it.", "RFC 6749, 6"),
    met(115, "A refresh token is of one client.", "RFC 6749, 6"),
    met(116, "A session has an end that no refresh moves.", "ASVS 5.0, 10.4.8"),
    met(117, "A session that rests too long is over.", "RFC 9700, 4.14.2"),
    met(118, "Logging out ends the session, and no other; a new password ends all others.",
        "RFC 9700, 4.14.2; ASVS 5.0, 7.4.3"),
    met(119, "What is stored is a hash, so a copy of the store has no usable token.", OURS),
    met(120, "The ID of a session in a refresh token is of no use without the secrets beside it.",
        "RFC 9700, 4.14.2"),
    met(121, "A refresh token is no access token, nor the other way.", "RFC 8725, 3.12"),
    met(122, "Whoever was disabled since the login gets nothing more; roles and scopes are those of now.",
        OURS),
];

#[rustfmt::skip]
pub(super) const METADATA: &[Requirement] = &[
    met(124, "Revoking a token that is unknown, expired or none is a 200.", "RFC 7009, 2.2"),
    met(125, "A token to revoke comes in a form, and is found whatever the hint.", "RFC 7009, 2.1"),
    met(126, "With a refresh token, or its reuse, the session's access tokens end where the store is \
        asked.", "RFC 7009, 2.1"),
    met(127, "The token of another client is not revoked, and nobody is told.", OURS),
    met(128, "After logging out an access token is a 401 on every node, where the store is asked.",
        "ASVS 5.0, 7.4.1"),
    met(129, "Logging out is a 204, also for a session that is over or an access token that is \
        expired.", OURS),
    met(130, "Who asks about a token is a client that may.", "RFC 7662, 2.1"),
    met(131, "Of a token that is not active nothing else is said.", "RFC 7662, 2.2"),
    met(132, "Of one that is, what it says is said.", "RFC 7662, 2.2"),
    met(133, "A service that introspects believes an active answer never past `exp`, any other for a \
        short time, and remembers a bounded number.", OURS),
    met(134, "The metadata of the issuer is where its URL says, with its `iss` letter by letter and \
        what is offered.", "RFC 8414, 3"),
    met(135, "The metadata of a resource is where its URL says, with its identifier letter by letter; \
        what says nothing is left out.", "RFC 9728, 3"),
    met(136, "A challenge names the metadata of the resource as it is configured.",
        "RFC 9728, 5.1"),
    met(137, "It names the ways that the layer takes tokens by.", "RFC 9728, 2"),
    met(138, "Of keys the public half is published, the next one before it signs and the one before \
        until its last token is over.", OURS),
];

#[rustfmt::skip]
pub(super) const PASSWORDS: &[Requirement] = &[
    met(154, "argon2id, with the parameters of a recommendation or stronger ones.", OWASP),
    met(155, "16 random bytes of salt, and the PHC string as form.", NIST),
    met(156, "Hashes of other implementations verify; an unknown form is no match.", OWASP),
    met(157, "A hash that is weaker than the setting is due for a new one, a stronger one stays.",
        OWASP),
    met(158, "A new hash replaces the one that was verified and no other.", OURS),
    met(159, "bcrypt is verified as it was made, with 72 bytes; the new hash takes the whole \
        password, and NUL is no end.", OWASP),
    met(160, "The whole password counts; above a limit it is refused before any work.", NIST),
    met(161, "Hashing has fixed threads and memory, and a queue with an end.", OURS),
    met(162, "A pepper goes into the hash, which has its ID; another takes its place at the next \
        login.", OWASP),
    met(163, "A stored hash with hostile parameters costs no more than the limit.", OURS),
    met(164, "Passwords and hashes are in no text and don't stay in memory.", OURS),
];

#[rustfmt::skip]
pub(super) const PASSWORD_POLICY: &[Requirement] = &[
    met(165, "A password has at least 15 characters; the presets of the standards have names.",
        NIST),
    met(166, "Code points count, after normalisation.", NIST),
    met(167, "Long passwords are taken, with spaces and any characters.", NIST),
    met(168, "No preset of a standard asks for kinds of characters.", NIST),
    met(169, "Passwords are normalised (NFC) before they are hashed, unless switched off; hashes \
        made without match too.", NIST),
    met(170, "Common and breached passwords are refused, and what is made of names; of the password \
        five digits of its hash leave.", NIST),
    met(171, "A refused name or password is told the rule.", NIST),
    met(172, "A new password takes the current one, and ends the other sessions.",
        "ASVS 5.0, 6.2.2, 6.2.3, 7.4.3"),
    met(173, "A reset token is used once, is short-lived, stored as a hash and over with its \
        password; asking for one tells nobody who has an account.", "ASVS 5.0, 6.4.1, 6.4.3"),
];

#[rustfmt::skip]
pub(super) const ABUSE: &[Requirement] = &[
    met(174, "100 failures in a row at one account, and every further one, bring a pause.",
        "NIST SP 800-63B-4, 3.2.2"),
    met(175, "Failed attempts are limited for each account and for each address, with pauses that \
        double.", OURS),
    met(176, "A refusal for the number of attempts is a 429 with `Retry-After` that no cache keeps.",
        "RFC 6585, 4"),
    met(177, "The address is the connection's, or what trusted proxies say; IPv6 counts by /64.",
        OURS),
    met(178, "A limit is asked before any hash, in one step, and refuses right and wrong passwords, \
        known and unknown users alike.", OURS),
    met(179, "An unknown user costs the same hash as a wrong password.", "ASVS 5.0, 6.3.8"),
    met(180, "Registering tells what is taken, or, in private, gives one answer for one hash and says \
        the rest by mail.", "ASVS 5.0, 6.3.8"),
    met(181, "A success clears the count of the account and not that of the address.", OURS),
    met(182, "Who is logged in stays so while somebody else uses up the limit.",
        "ASVS 5.0, 6.1.1"),
];

#[rustfmt::skip]
pub(super) const USERS: &[Requirement] = &[
    met(183, "A disabled user's sessions are over; where the store is asked, the next request is \
        a 401.", "ASVS 5.0, 7.4.2"),
    met(184, "Each login has tokens and a session of its own; how many a user may have is limited.",
        "ASVS 5.0, 7.2.4"),
    met(185, "Users see their sessions and end one, or all; an administrator ends a user's.",
        "ASVS 5.0, 7.4.5, 7.5.2"),
];

#[rustfmt::skip]
pub(super) const KEYS: &[Requirement] = &[
    met(186, "The key that signs is replaced without refusing a token: the next is known before it \
        signs, the one before until its last token is over, and an unknown `kid` is a 401.", OURS),
    met(187, "Remote key sets are fetched in time, within limits, and go on while a fetch fails.",
        OURS),
    met(188, "Tokens with unknown `kid` bring one fetch in a while, however many they are.", OURS),
    met(189, "A token that was verified and comes again is accepted while it would be without a cache, \
        revocations and users being asked each time; what is remembered is bounded.", OURS),
];

#[rustfmt::skip]
pub(super) const API_KEYS: &[Requirement] = &[
    met(190, "A missing API key is a 401 with a challenge of its scheme.", "RFC 9110, 15.5.2"),
    met(191, "An API key has 256 random bits and a checksum; it is shown once and stored as a hash.",
        OURS),
    met(192, "A key is looked up by its public ID; unknown, revoked and expired are one answer.",
        OURS),
    met(193, "An API key is no session: no claims, no roles, no endpoint of the account.",
        "ASVS 5.0, 7.2.2"),
    met(194, "A key has scopes that its owner holds, an end, a rate and a last use; what it lacks \
        is said in its own scheme.", OURS),
    met(195, "A key and a token at once are a 400.", OURS),
    met(196, "Keys in the query are not read.", OURS),
];
