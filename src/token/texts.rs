//! Texts among the claims: one, or several.

use std::fmt;
use std::slice;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::members::{Names, Text, Unique};
use super::part::{Part, Places};
use super::scope::is_scope_token;

/// Reads a string, which a member has to be and was not before, into its place.
pub(super) struct OneText<'r, 'j> {
    pub(super) places: &'r mut Places<'j>,
    pub(super) into: &'r mut Option<Part>,
}

impl<'de> DeserializeSeed<'de> for OneText<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for OneText<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<(), E> {
        let part = self.places.borrowed(text);
        super::members::set(self.into, part)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        let part = self.places.copied(text);
        super::members::set(self.into, part)
    }
}

/// What a member is: a string, an array of strings, or anything else.
#[derive(Debug, Default)]
pub(super) enum Member {
    #[default]
    Absent,
    One(Part),
    /// An array of one, which most are.
    Only(Part),
    /// An array of none or several.
    Many(Box<[Part]>),
    Other,
}

impl Member {
    pub(super) fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// The one text, where it is no array.
    pub(super) fn single(&self) -> Option<Part> {
        match self {
            Self::One(text) => Some(*text),
            _ => None,
        }
    }

    /// The texts, however many.
    pub(super) fn list(&self) -> impl Iterator<Item = Part> {
        let texts = match self {
            Self::One(text) | Self::Only(text) => slice::from_ref(text),
            Self::Many(texts) => texts,
            Self::Absent | Self::Other => &[],
        };
        texts.iter().copied()
    }

    /// A text of scopes, parted by spaces. An array's elements are one scope each: one with a space
    /// inside would become two.
    pub(super) fn into_scope(self, places: &mut Places<'_>) -> Self {
        match self {
            Self::Only(_) | Self::Many(_) => {
                let texts: Vec<&str> = self.list().map(|text| places.get(text)).collect();
                if !texts.iter().all(|text| is_scope_token(text)) {
                    return Self::Other;
                }
                let scope = texts.join(" ");
                Self::One(places.copied(&scope))
            }
            other => other,
        }
    }
}

/// Reads the texts at the end of a path of member names. Where the path leads nowhere, that is
/// anything else; beside it, names are checked for duplicates and values dropped.
pub(super) struct TextsAt<'r, 'j> {
    pub(super) path: &'r [String],
    pub(super) places: &'r mut Places<'j>,
    pub(super) into: &'r mut Member,
}

impl TextsAt<'_, '_> {
    fn other<E>(self) -> Result<(), E> {
        *self.into = Member::Other;
        Ok(())
    }

    fn text<E>(self, text: Part) -> Result<(), E> {
        *self.into = if self.path.is_empty() { Member::One(text) } else { Member::Other };
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for TextsAt<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for TextsAt<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or an array of strings")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<(), E> {
        let part = self.places.borrowed(text);
        self.text(part)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        let part = self.places.copied(text);
        self.text(part)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        // Of one, no list is made.
        let (mut only, mut several, mut are_texts) = (None, Vec::new(), self.path.is_empty());
        let mut element = Member::Absent;
        while elements
            .next_element_seed(TextsAt {
                path: &[],
                places: &mut *self.places,
                into: &mut element,
            })?
            .is_some()
        {
            match element {
                Member::One(text) if only.is_none() && several.is_empty() => only = Some(text),
                Member::One(text) => {
                    several.extend(only.take());
                    several.push(text);
                }
                _ => are_texts = false,
            }
        }
        *self.into = match only {
            _ if !are_texts => Member::Other,
            Some(text) => Member::Only(text),
            None => Member::Many(several.into_boxed_slice()),
        };
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut found = Member::Other;
        let mut names = Names::default();
        while let Some(Text(name)) = members.next_key()? {
            match self.path.split_first() {
                Some((first, rest)) if *name == **first => {
                    let (places, into) = (&mut *self.places, &mut found);
                    members.next_value_seed(TextsAt { path: rest, places, into })?;
                }
                _ => {
                    members.next_value::<Unique>()?;
                }
            }
            names.add(name)?;
        }
        *self.into = found;
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.other()
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        self.other()
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        self.other()
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        self.other()
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        self.other()
    }
}
