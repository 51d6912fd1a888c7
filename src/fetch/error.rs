//! Why nothing was fetched, for developers and operators.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use url::Url;

/// What went wrong with which URL. Without credentials: what was sent is not in it.
#[derive(Clone, Debug)]
pub(crate) struct FetchError {
    url: String,
    fault: Fault,
}

#[derive(Clone, Debug)]
pub(super) enum Fault {
    /// The rule that the URL breaks.
    Url(&'static str),
    /// What the client says, with its reasons.
    Unreachable(String),
    Late(Duration),
    TooLarge(usize),
    Torn(String),
    /// Where to; nowhere if that was no URL.
    Redirect(String),
    TooManyRedirects,
}

impl FetchError {
    pub(super) fn new(url: &Url, fault: Fault) -> Self {
        Self { url: shown(url), fault }
    }

    /// The URL that was asked last.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// What went wrong, without the URL.
    pub(crate) fn fault(&self) -> String {
        self.fault.to_string()
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.url, self.fault)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(rule) => write!(f, "the URL is not fetched from: {rule}"),
            Self::Unreachable(reasons) if reasons.contains("UnknownIssuer") => write!(
                f,
                "its certificate is signed by nobody whom this system trusts ({reasons}); name its \
                 authority with `HttpClient::with_root_certificates`"
            ),
            Self::Unreachable(reasons) if reasons.contains("InvalidContentType") => write!(
                f,
                "what answers there speaks no TLS ({reasons}); look at the port, and whether the URL \
                 should begin with http"
            ),
            Self::Unreachable(reasons) => write!(f, "there is no answer: {reasons}"),
            Self::Late(timeout) => write!(
                f,
                "the answer was not complete within {timeout:?}; where it needs longer, set `timeout`"
            ),
            Self::TooLarge(limit) => write!(
                f,
                "the answer has more than {limit} bytes; where it needs more, set `max_bytes`"
            ),
            Self::Torn(reasons) => write!(f, "the answer broke off: {reasons}"),
            Self::Redirect(to) if to.is_empty() => {
                f.write_str("it redirects to what is no URL; configure the one that has the answer")
            }
            Self::Redirect(to) => write!(
                f,
                "it redirects to {to:?}, which is not followed; configure that URL if you trust it"
            ),
            Self::TooManyRedirects => f.write_str("it redirects on and on"),
        }
    }
}

impl Error for FetchError {}

/// A URL as it may be shown.
pub(super) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    // They fail only for URLs that can't have either.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.into()
}

/// An error and its sources; one that repeats the text of another is left out.
pub(super) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let reason = error.to_string();
        if !text.contains(&reason) {
            text = format!("{text}: {reason}");
        }
        source = error.source();
    }
    text
}
