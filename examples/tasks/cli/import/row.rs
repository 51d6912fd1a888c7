//! From a row to a user, by the rules that hold for users who register.

use std::collections::HashMap;

use csv::ByteRecord;
use tower_bearer::{Email, Hasher, NewUser, Username};

use crate::app::USER_SCOPES;
use crate::cli::user::{check_name, is_role, is_scope};

/// No hash that can be verified is longer.
const LONGEST_HASH: usize = 512;

const NAMES: [&str; 8] = [
    "username",
    "password_hash",
    "email",
    "name",
    "email_verified",
    "is_active",
    "scopes",
    "roles",
];

/// Where each column is.
pub(super) struct Columns {
    places: HashMap<&'static str, usize>,
    count: usize,
}

impl Columns {
    pub(super) fn read(headers: &ByteRecord) -> Result<Self, String> {
        let mut places = HashMap::new();
        for (place, name) in headers.iter().enumerate() {
            let name = std::str::from_utf8(name).map_err(|_| "the first line is not UTF-8")?;
            let known = NAMES.iter().find(|known| **known == name.trim());
            let known = known.ok_or_else(|| {
                format!("there is no column {name:?}; the columns are {}", NAMES.join(", "))
            })?;
            if places.insert(*known, place).is_some() {
                return Err(format!("the column {known} is there twice"));
            }
        }
        for required in &NAMES[..2] {
            if !places.contains_key(required) {
                return Err(format!("the column {required} is missing in the first line"));
            }
        }
        Ok(Self { places, count: headers.len() })
    }

    /// The user, or the reason for which the row is refused. No reason quotes the hash.
    pub(super) fn user(&self, row: &ByteRecord, hasher: &Hasher) -> Result<NewUser, String> {
        if row.len() != self.count {
            return Err(format!("the line has {} fields instead of {}", row.len(), self.count));
        }
        let username = self.text(row, "username")?.unwrap_or_default();
        let username = Username::new(username).map_err(|error| error.reason())?;
        let hash = self.text(row, "password_hash")?.unwrap_or_default();
        if hash.is_empty() {
            return Err("the password hash is empty".to_owned());
        }
        if hash.len() > LONGEST_HASH {
            return Err("the password hash is too long".to_owned());
        }
        hasher.check_stored(hash).map_err(|error| error.to_string())?;
        let email = self.some(row, "email")?.map(Email::new).transpose();
        let email = email.map_err(|error| error.reason())?;
        let name = self.some(row, "name")?;
        if let Some(name) = name {
            check_name(name)?;
        }
        let roles = self.list(row, "roles", is_role, "a role is too long or has controls in it")?;
        let scopes = self.list(row, "scopes", is_scope, "a scope is no scope by RFC 6749")?;
        let mut user = NewUser::new(username, hash)
            .email_verified(self.flag(row, "email_verified")?.unwrap_or(false))
            .is_active(self.flag(row, "is_active")?.unwrap_or(true))
            .roles(roles.unwrap_or_default());
        user = match scopes {
            Some(scopes) => user.scopes(scopes),
            None => user.scopes(USER_SCOPES),
        };
        user.email = email;
        user.name = name.map(str::to_owned);
        Ok(user)
    }

    /// The user name, for people who look for the line.
    pub(super) fn name(&self, row: &ByteRecord) -> String {
        let name = row.get(self.places["username"]).unwrap_or_default();
        // What is in a name that is refused may be anything.
        String::from_utf8_lossy(name).chars().take(100).filter(|char| !char.is_control()).collect()
    }

    fn text<'r>(&self, row: &'r ByteRecord, column: &str) -> Result<Option<&'r str>, String> {
        let field = self.places.get(column).and_then(|place| row.get(*place));
        let text = field.map(std::str::from_utf8).transpose();
        text.map_err(|_| format!("{column} is not UTF-8"))
    }

    fn some<'r>(&self, row: &'r ByteRecord, column: &str) -> Result<Option<&'r str>, String> {
        Ok(self.text(row, column)?.filter(|text| !text.is_empty()))
    }

    fn flag(&self, row: &ByteRecord, column: &str) -> Result<Option<bool>, String> {
        match self.some(row, column)?.map(str::to_ascii_lowercase).as_deref() {
            None => Ok(None),
            Some("true" | "t" | "1" | "yes") => Ok(Some(true)),
            Some("false" | "f" | "0" | "no") => Ok(Some(false)),
            Some(_) => Err(format!("{column} is neither true nor false")),
        }
    }

    fn list(
        &self,
        row: &ByteRecord,
        column: &str,
        is_allowed: fn(&str) -> bool,
        reason: &str,
    ) -> Result<Option<Vec<String>>, String> {
        let Some(text) = self.text(row, column)? else { return Ok(None) };
        let mut texts: Vec<String> = Vec::new();
        for text in text.split_whitespace() {
            if !is_allowed(text) {
                return Err(reason.to_owned());
            }
            if !texts.iter().any(|other| other == text) {
                texts.push(text.to_owned());
            }
        }
        Ok(Some(texts))
    }
}
