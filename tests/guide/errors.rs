//! The catalogue of errors names all that there are, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::pages;

type Names = BTreeSet<String>;

#[test]
fn every_variant_of_every_public_error_has_an_entry() {
    let (mut enums, mut structs) = (BTreeMap::new(), Names::new());
    for path in pages::files_below(&pages::root().join("src"), "rs") {
        let source = fs::read_to_string(&path).unwrap();
        for (name, body) in items(&source, "pub enum ") {
            let is_error = ["Error", "ErrorKind", "Rule"].iter().any(|end| name.ends_with(end));
            if is_error {
                enums.insert(name.to_owned(), variants(body));
            }
        }
        for (name, _) in items(&source, "pub struct ").filter(|(name, _)| name.ends_with("Error")) {
            structs.insert(name.to_owned());
        }
    }
    assert!(enums.len() > 8 && enums["ConfigError"].len() > 15, "{enums:?}");

    let catalogue = tables();
    assert_eq!(catalogue["Errors without variants"], structs);
    let written: BTreeMap<String, Names> = catalogue
        .into_iter()
        .filter(|(title, _)| title != "Errors without variants" && title != "LoginRouter")
        .collect();
    assert_eq!(written, enums);
}

#[test]
fn every_error_of_the_login_router_has_an_entry() {
    let source = fs::read_to_string(pages::root().join("src/login/answer.rs")).unwrap();
    let (_, failures) = source.split_once("\nimpl Failure {").unwrap();
    let (failures, _) = failures.split_once("\n}\n").unwrap();
    // Codes are words with underscores between them; texts for people have spaces.
    let codes: Names = failures
        .split('"')
        .skip(1)
        .step_by(2)
        .filter(|text| text.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase()))
        .map(str::to_owned)
        .collect();
    assert!(codes.contains("invalid_grant") && codes.len() > 10, "{codes:?}");
    assert_eq!(tables()["LoginRouter"], codes);
}

/// Below each heading that names a type, the first column of its table.
fn tables() -> BTreeMap<String, Names> {
    let page = pages::page("errors");
    let mut tables: BTreeMap<String, Names> = BTreeMap::new();
    let mut title = None;
    for line in page.text.lines() {
        if let Some(heading) = line.strip_prefix("##") {
            let heading = heading.trim_start_matches('#').trim();
            title = heading.split('`').nth(1).or(Some(heading)).map(str::to_owned);
        } else if let (Some(row), Some(title)) = (line.strip_prefix("| `"), &title) {
            let (name, _) = row.split_once('`').unwrap();
            let is_new = tables.entry(title.clone()).or_default().insert(name.to_owned());
            assert!(is_new, "{title} has {name} twice");
        }
    }
    tables
}

/// The names and bodies of items that begin so.
fn items<'a>(source: &'a str, keyword: &str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let keyword = format!("\n{keyword}");
    source
        .match_indices(&keyword)
        .map(|(at, _)| at + keyword.len())
        .collect::<Vec<_>>()
        .into_iter()
        .map(|at| {
            let rest = &source[at..];
            let end = rest.find(|it: char| !it.is_ascii_alphanumeric()).unwrap_or(rest.len());
            (&rest[..end], rest.split("\n}\n").next().unwrap_or_default())
        })
}

fn variants(body: &str) -> Names {
    body.lines()
        .filter_map(|line| line.strip_prefix("    "))
        .filter(|line| line.starts_with(|it: char| it.is_ascii_uppercase()))
        .map(|line| line.split(|it: char| !it.is_ascii_alphanumeric()).next().unwrap().to_owned())
        .collect()
}
