//! Texts of the claims, known by their place.

/// A text of the claims, as its place in [`Texts`]: two numbers, which need no allocation and stay
/// in registers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    start: u32,
    end: u32,
}

/// What parts are parts of.
#[derive(Debug, Default)]
pub(super) struct Texts {
    json: String,
    /// What was written with escapes, without them; nothing, nearly always. Counted on behind `json`.
    unescaped: String,
}

impl Texts {
    pub(super) fn new(json: String, unescaped: String) -> Self {
        Self { json, unescaped }
    }

    pub(super) fn json(&self) -> &str {
        &self.json
    }

    pub(super) fn get(&self, part: Part) -> &str {
        part.of(&self.json, &self.unescaped)
    }
}

/// Makes parts while the claims are read.
pub(super) struct Places<'j> {
    json: &'j str,
    unescaped: String,
}

impl<'j> Places<'j> {
    pub(super) fn new(json: &'j str) -> Self {
        Self { json, unescaped: String::new() }
    }

    pub(super) fn into_unescaped(self) -> String {
        self.unescaped
    }

    /// The place of a text that was borrowed from the claims.
    pub(super) fn borrowed(&mut self, text: &str) -> Part {
        let start = text.as_ptr().addr().wrapping_sub(self.json.as_ptr().addr());
        match self.json.len().checked_sub(text.len()) {
            Some(last) if start <= last => Part::new(start, text.len()),
            _ => self.copied(text),
        }
    }

    pub(super) fn copied(&mut self, text: &str) -> Part {
        let start = self.json.len() + self.unescaped.len();
        self.unescaped.push_str(text);
        Part::new(start, text.len())
    }

    pub(super) fn get(&self, part: Part) -> &str {
        part.of(self.json, &self.unescaped)
    }
}

impl Part {
    /// Texts of gigabytes are none of a token; parts of them would be empty.
    fn new(start: usize, length: usize) -> Self {
        let number = |number| u32::try_from(number).unwrap_or(u32::MAX);
        Self { start: number(start), end: number(start.saturating_add(length)) }
    }

    /// It is in range, as what was read does not change.
    fn of<'a>(self, json: &'a str, unescaped: &'a str) -> &'a str {
        let (start, end) = (self.start as usize, self.end as usize);
        match start.checked_sub(json.len()) {
            None => json.get(start..end),
            Some(start) => unescaped.get(start..end.saturating_sub(json.len())),
        }
        .unwrap_or_default()
    }
}
