//! The parameters of a request: names and values, each name once.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::Value;
use zeroize::Zeroize;

use super::answer::Failure;

/// Text by name. A parameter that is sent empty counts as left out (RFC 6749, section 3.2), and
/// so does a JSON `null`. Texts are cleared from memory when they are dropped: one is a password.
#[derive(Default)]
pub(super) struct Params(BTreeMap<String, Value>);

impl Params {
    pub(super) fn from_form(body: &[u8]) -> Result<Self, Failure> {
        // The decoder below puts U+FFFD where bytes are no UTF-8, which would let two spellings
        // of a password be the same.
        if percent_encoding::percent_decode(body).decode_utf8().is_err() {
            return Err(Failure::invalid_request("the form is not UTF-8"));
        }
        let mut params = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(body) {
            if params.insert(name.into_owned(), Value::from(value.into_owned())).is_some() {
                return Err(Failure::invalid_request("a parameter is repeated"));
            }
        }
        Ok(Self(params))
    }

    pub(super) fn from_json(body: &[u8]) -> Result<Self, Failure> {
        serde_json::from_slice(body).map_err(|_| {
            Failure::invalid_request("the body is no JSON object, or has a name twice")
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A text, or nothing.
    ///
    /// # Errors
    ///
    /// [`NotText`] for a JSON value of another type.
    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, NotText> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(NotText),
        }
    }
}

/// Of JSON alone.
impl Params {
    /// Whatever stands there, null included, or nothing.
    pub(super) fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// An array of texts, or nothing.
    pub(super) fn texts(&self, name: &str) -> Result<Option<Vec<&str>>, NotText> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Array(values)) => {
                let texts = values.iter().map(Value::as_str).collect::<Option<_>>();
                texts.map(Some).ok_or(NotText)
            }
            Some(_) => Err(NotText),
        }
    }

    /// Yes, no, or nothing.
    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, NotFlag> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => value.as_bool().map(Some).ok_or(NotFlag),
        }
    }

    /// A whole number that is not negative, or nothing.
    pub(super) fn seconds(&self, name: &str) -> Result<Option<u64>, NotSeconds> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => value.as_u64().or_else(|| whole(value)).map(Some).ok_or(NotSeconds),
        }
    }
}

/// `60.0` is the number that `60` is (RFC 8259, section 6), and some clients write it so. Beyond 2^53
/// such a number does not say which one is meant.
fn whole(value: &Value) -> Option<u64> {
    let number =
        value.as_f64().filter(|it| it.fract() == 0.0 && (0.0..=2_f64.powi(53)).contains(it))?;
    format!("{number:.0}").parse().ok()
}

impl Drop for Params {
    fn drop(&mut self) {
        for value in self.0.values_mut() {
            if let Value::String(text) = value {
                text.zeroize();
            }
        }
    }
}

/// A text that must be there.
pub(super) fn required<'a>(params: &'a Params, field: &'static str) -> Result<&'a str, Failure> {
    optional(params, field)?.ok_or_else(|| Failure::field(field, "the field is required"))
}

/// A text, or nothing, in a body that is judged field by field.
pub(super) fn optional<'a>(
    params: &'a Params,
    field: &'static str,
) -> Result<Option<&'a str>, Failure> {
    params.text(field).map_err(|_| Failure::field(field, "the field is not a text"))
}

/// A parameter is there and is no text.
#[derive(Debug)]
pub(super) struct NotText;

/// A parameter is there and is neither true nor false.
#[derive(Debug)]
pub(super) struct NotFlag;

/// A parameter is there and is no whole number.
#[derive(Debug)]
pub(super) struct NotSeconds;

impl From<NotText> for Failure {
    fn from(_: NotText) -> Self {
        Self::invalid_request("a parameter is not a text")
    }
}

impl<'de> Deserialize<'de> for Params {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ParamsVisitor;

        impl<'de> Visitor<'de> for ParamsVisitor {
            type Value = Params;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Params, A::Error> {
                let mut params = BTreeMap::new();
                while let Some((name, value)) = members.next_entry::<String, Value>()? {
                    if params.insert(name, value).is_some() {
                        return Err(A::Error::custom("duplicate member"));
                    }
                }
                Ok(Params(params))
            }
        }

        deserializer.deserialize_map(ParamsVisitor)
    }
}
