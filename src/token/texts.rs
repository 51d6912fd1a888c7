//! Claims that are a text or several.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::members::{Names, Text, Unique};
use super::scope::is_scope_token;

/// A string, an array of strings, or anything else.
pub(super) enum Texts {
    One(String),
    Many(Vec<String>),
    Other,
}

impl Texts {
    pub(super) fn single(self) -> Option<String> {
        match self {
            Self::One(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn into_list(self) -> Vec<String> {
        match self {
            Self::One(text) => vec![text],
            Self::Many(texts) => texts,
            Self::Other => Vec::new(),
        }
    }

    /// An array's elements are one scope each: one with a space inside would become two.
    pub(super) fn into_scope(self) -> Option<String> {
        match self {
            Self::One(text) => Some(text),
            Self::Many(texts) if texts.iter().all(|text| is_scope_token(text)) => {
                Some(texts.join(" "))
            }
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        TextsAt(&[]).deserialize(deserializer)
    }
}

/// Reads the texts at the end of a path of member names. Where the path leads nowhere, that is
/// anything else; beside it, names are checked for duplicates and values dropped.
#[derive(Clone, Copy)]
pub(super) struct TextsAt<'p>(pub(super) &'p [String]);

impl<'de> DeserializeSeed<'de> for TextsAt<'_> {
    type Value = Texts;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Texts, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for TextsAt<'_> {
    type Value = Texts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or an array of strings")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Texts, E> {
        self.visit_string(text.to_owned())
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Texts, E> {
        Ok(if self.0.is_empty() { Texts::One(text) } else { Texts::Other })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Texts, A::Error> {
        let mut texts = self.0.is_empty().then(Vec::new);
        while let Some(element) = elements.next_element::<Texts>()? {
            match (element, &mut texts) {
                (Texts::One(text), Some(texts)) => texts.push(text),
                _ => texts = None,
            }
        }
        Ok(texts.map_or(Texts::Other, Texts::Many))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Texts, A::Error> {
        let mut found = Texts::Other;
        let mut names = Names::default();
        while let Some(Text(name)) = members.next_key()? {
            match self.0.split_first() {
                Some((first, rest)) if *name == **first => {
                    found = members.next_value_seed(TextsAt(rest))?;
                }
                _ => {
                    members.next_value::<Unique>()?;
                }
            }
            names.add(name)?;
        }
        Ok(found)
    }

    fn visit_unit<E: Error>(self) -> Result<Texts, E> {
        Ok(Texts::Other)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Texts, E> {
        Ok(Texts::Other)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Texts, E> {
        Ok(Texts::Other)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Texts, E> {
        Ok(Texts::Other)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Texts, E> {
        Ok(Texts::Other)
    }
}
