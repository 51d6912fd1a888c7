//! Rust source as tokens, without comments, literals of text, and tests.

/// A word or a sign of the source.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token<'a> {
    pub(crate) line: usize,
    pub(crate) text: &'a str,
}

impl Token<'_> {
    pub(crate) fn is_word(&self) -> bool {
        self.text.starts_with(is_word)
    }
}

/// The code of a file: its tokens, without what is compiled for tests alone.
pub(crate) fn code(source: &str) -> Vec<Token<'_>> {
    let mut tokens = all(source);
    while let Some(start) = (0..tokens.len()).find(|&at| is_test_attribute(&tokens[at..])) {
        let length = item_length(&tokens[start..]);
        tokens.drain(start..start + length);
    }
    tokens
}

pub(crate) fn starts_with(tokens: &[Token<'_>], texts: &[&str]) -> bool {
    tokens.len() >= texts.len() && tokens.iter().zip(texts).all(|(token, text)| token.text == *text)
}

fn is_test_attribute(tokens: &[Token<'_>]) -> bool {
    starts_with(tokens, &["#", "[", "cfg", "(", "test", ")", "]"])
        || starts_with(tokens, &["#", "[", "cfg", "(", "all", "(", "test", ","])
}

/// The number of tokens up to the end of the item: a `;`, or the end of a block.
fn item_length(tokens: &[Token<'_>]) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match token.text {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && matches!(token.text, ";" | "}") {
            return at + 1;
        }
    }
    tokens.len()
}

/// Every token of a file.
pub(crate) fn all(source: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let (mut at, mut line) = (0, 1);
    while let Some(first) = source[at..].chars().next() {
        let rest = &source[at..];
        let (length, is_code) = match skipped(rest) {
            Some(length) => (length, false),
            None if rest.starts_with("::") => (2, true),
            None if is_word(first) => (word_length(rest), true),
            None => (first.len_utf8(), !first.is_whitespace()),
        };
        let text = &rest[..length];
        if is_code {
            tokens.push(Token { line, text: text.strip_prefix("r#").unwrap_or(text) });
        }
        line += text.matches('\n').count();
        at += length;
    }
    tokens
}

/// The length of a comment, a string, a character or a lifetime that the text begins with.
fn skipped(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if text.starts_with("/*") {
        return Some(block_comment_length(text));
    }
    let prefix = text.len() - text.trim_start_matches(['b', 'c', 'r']).len();
    let literal = &text[prefix..];
    let raw = text[..prefix].ends_with('r');
    let length = match literal.chars().next()? {
        '"' | '#' if raw && prefix <= 2 => raw_string_length(literal)?,
        '"' if prefix <= 1 => quoted_length(literal, '"'),
        '\'' if prefix == 0 || text.starts_with("b'") => character_length(literal),
        _ => return None,
    };
    Some(prefix + length)
}

fn block_comment_length(text: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < text.len() {
        let rest = &text.as_bytes()[at..];
        if rest.starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    text.len()
}

/// `None` for a raw identifier.
fn raw_string_length(text: &str) -> Option<usize> {
    let hashes = text.len() - text.trim_start_matches('#').len();
    let inside = text[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    Some(inside.find(&end).map_or(text.len(), |at| hashes + 1 + at + end.len()))
}

fn quoted_length(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if character == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// A character ends with a quote right after it or its escape; a lifetime doesn't.
fn character_length(text: &str) -> usize {
    let mut inside = text.chars().skip(1);
    let (first, second) = (inside.next(), inside.next());
    if first == Some('\\') || second == Some('\'') {
        quoted_length(text, '\'')
    } else {
        1 + text[1..].find(|character| !is_word(character)).unwrap_or(text.len() - 1)
    }
}

fn word_length(text: &str) -> usize {
    let prefix = if text.starts_with("r#") { 2 } else { 0 };
    let word = &text[prefix..];
    prefix + word.find(|character| !is_word(character)).unwrap_or(word.len())
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}
