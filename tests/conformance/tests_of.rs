//! The tests in a source file, and the requirements that their names number.

use crate::tokens::{self, Token, starts_with};

/// List contract tests by name and make a test of each for every store (`tests/stores`).
const CONTRACTS: &[&[&str]] =
    &[&["on_every_store", "!", "{"], &["on_every_session_store", "!", "{"]];

/// The names of the functions that run as tests: those under an attribute `test`, whoever's it
/// is, that are not ignored, and the contract tests.
pub(crate) fn tests(source: &str) -> Vec<String> {
    let tokens = tokens::all(source);
    let mut names = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let rest = &tokens[at..];
        if let Some(contract) = CONTRACTS.iter().find(|contract| starts_with(rest, contract)) {
            let listed = rest[contract.len()..].iter().take_while(|token| token.is_word());
            names.extend(listed.map(|token| token.text.to_owned()));
            at += contract.len();
        } else if let Some(length) = attribute_length(rest) {
            let (attributes, item) = attributes(rest);
            let runs = attributes.iter().any(|attribute| is_test(attribute))
                && !attributes.iter().any(|attribute| attribute[0].text == "ignore");
            names.extend(function(item).filter(|_| runs));
            at += if attributes.is_empty() { length } else { rest.len() - item.len() };
        } else {
            at += 1;
        }
    }
    names
}

/// The numbers at the beginning of a name: 25 and 30 of `r25_r030_codes`.
pub(crate) fn numbers(name: &str) -> Vec<u16> {
    name.split('_').map_while(|part| part.strip_prefix('r')?.parse().ok()).collect()
}

/// The insides of the attributes that the tokens begin with, and what follows them.
fn attributes<'t, 's>(mut tokens: &'t [Token<'s>]) -> (Vec<&'t [Token<'s>]>, &'t [Token<'s>]) {
    let mut found = Vec::new();
    while let Some(length) = attribute_length(tokens).filter(|length| *length > 3) {
        found.push(&tokens[2..length - 1]);
        tokens = &tokens[length..];
    }
    (found, tokens)
}

/// The number of tokens of `#[...]`.
fn attribute_length(tokens: &[Token<'_>]) -> Option<usize> {
    if !starts_with(tokens, &["#", "["]) {
        return None;
    }
    let mut depth = 0_usize;
    let end = tokens.iter().position(|token| {
        match token.text {
            "[" => depth += 1,
            "]" => depth -= 1,
            _ => {}
        }
        depth == 0 && token.text == "]"
    });
    end.map(|end| end + 1)
}

/// `test`, or a path that ends in it, and its arguments.
fn is_test(attribute: &[Token<'_>]) -> bool {
    let path = attribute.split(|token| token.text == "(").next().unwrap_or_default();
    path.last().is_some_and(|last| last.text == "test")
        && path.rsplit(|token| token.text == "::").all(|names| names.len() == 1)
}

/// The name of the function that the tokens begin with.
fn function(tokens: &[Token<'_>]) -> Option<String> {
    let at = tokens.iter().position(|token| !["pub", "async"].contains(&token.text))?;
    match &tokens[at..] {
        [keyword, name, ..] if keyword.text == "fn" && name.is_word() => Some(name.text.to_owned()),
        _ => None,
    }
}
