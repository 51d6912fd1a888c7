//! The numbered requirements: what the crate is held to, in our words, and who asks for it.

mod issuing;
mod verifying;

/// One line of the table.
#[derive(Debug)]
pub(crate) struct Requirement {
    pub(crate) number: u16,
    pub(crate) text: &'static str,
    pub(crate) source: &'static str,
    pub(crate) standing: Standing,
}

/// What the table says of a requirement that no test carries the number of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It is met, so there is a test.
    Met,
    /// Nothing is built yet that it is about. With a test it counts as met.
    NotBuilt,
    /// It is about something that this crate will not have; the reason follows.
    NotApplicable(&'static str),
}

#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) title: &'static str,
    pub(crate) requirements: &'static [Requirement],
}

/// In the order of their numbers.
pub(crate) const SECTIONS: &[Section] = &[
    Section { title: "Finding the credential", requirements: verifying::CREDENTIAL },
    Section { title: "Answers of a protected service", requirements: verifying::ANSWERS },
    Section { title: "Stepping up", requirements: verifying::STEP_UP },
    Section { title: "Tokens and their claims", requirements: verifying::TOKENS },
    Section { title: "Access tokens by RFC 9068", requirements: verifying::PROFILE },
    Section { title: "The token endpoint", requirements: issuing::TOKEN_ENDPOINT },
    Section { title: "Refresh tokens", requirements: issuing::REFRESH },
    Section { title: "Logging out, and metadata", requirements: issuing::METADATA },
    Section { title: "Tokens bound to a key", requirements: verifying::KEY_BOUND },
    Section { title: "Storing passwords", requirements: issuing::PASSWORDS },
    Section { title: "Choosing passwords", requirements: issuing::PASSWORD_POLICY },
    Section { title: "Abuse of the login", requirements: issuing::ABUSE },
    Section { title: "Users", requirements: issuing::USERS },
    Section { title: "Keys that rotate", requirements: issuing::KEYS },
    Section { title: "API keys", requirements: issuing::API_KEYS },
    Section { title: "Transport and caches", requirements: verifying::TRANSPORT },
];

/// The requirements without which there is no release: each has a
/// test, or a reason why it does not apply.
pub(crate) const RELEASE: &[std::ops::RangeInclusive<u16>] = &[
    1..=10,
    15..=16,
    18..=32,
    35..=35,
    39..=40,
    47..=61,
    63..=75,
    77..=77,
    80..=82,
    89..=96,
    98..=98,
    102..=104,
    106..=106,
    109..=112,
    114..=114,
    116..=116,
    118..=119,
    121..=122,
    124..=124,
    126..=126,
    128..=129,
    145..=145,
    153..=161,
    163..=163,
    165..=170,
    174..=179,
    181..=181,
    183..=183,
    186..=193,
    197..=198,
    200..=201,
];

const fn met(number: u16, text: &'static str, source: &'static str) -> Requirement {
    Requirement { number, text, source, standing: Standing::Met }
}

const fn not_built(number: u16, text: &'static str, source: &'static str) -> Requirement {
    Requirement { number, text, source, standing: Standing::NotBuilt }
}

const fn not_applicable(
    number: u16,
    text: &'static str,
    source: &'static str,
    reason: &'static str,
) -> Requirement {
    Requirement { number, text, source, standing: Standing::NotApplicable(reason) }
}
