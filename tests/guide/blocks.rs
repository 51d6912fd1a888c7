//! Every block of code is of a kind that something compiles, reads or runs.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use crate::pages::{self, Block};

/// What looks at a block, if anything does.
fn is_tested(block: &Block<'_>, tests: &str) -> bool {
    match block.kind {
        // The tests of the documentation.
        "rust" | "rust,no_run" => true,
        // The tests below.
        "toml" | "json" | "js" | "python" => true,
        // tests/proxy takes them by the heading.
        "nginx" => tests.contains(&format!("block(\"{}\")", block.heading)),
        // Some test looks for this comment.
        _ => block.note.is_some_and(|note| {
            let who = note.rsplit_once(':').map_or(note, |(who, _)| who);
            who.starts_with("test: ") && tests.contains(&format!("<!-- {who}"))
        }),
    }
}

#[test]
fn every_block_is_compiled_read_or_run() {
    let tests: String = pages::files_below(&pages::root().join("tests"), "rs")
        .into_iter()
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let mut seen = 0;
    for page in pages::pages() {
        for block in page.blocks() {
            seen += 1;
            let Block { place, kind, note, .. } = &block;
            assert!(!kind.is_empty(), "{place}: a block without a kind");
            let why = note.and_then(|note| note.strip_prefix("not run: "));
            // What is Rust can always be compiled.
            let excused = why.is_some_and(|why| !why.is_empty()) && !kind.starts_with("rust");
            assert!(
                excused || is_tested(&block, &tests),
                "{place}: nothing tests this block of kind `{kind}`; write `<!-- test: .. -->`, \
                 which a test looks for, or `<!-- not run: .. -->` and the reason, on the line before"
            );
        }
    }
    assert!(seen > 30, "{seen} blocks");
}

#[test]
fn every_page_begins_with_a_program() {
    for page in pages::pages().into_iter().filter(|page| page.name != "README") {
        let first = page.blocks().into_iter().next().map(|block| block.kind.to_owned());
        let first = first.unwrap_or_else(|| panic!("{} has no program", page.name));
        assert!(first.starts_with("rust"), "{} begins with {first}", page.name);
    }
}

#[test]
fn manifests_are_toml_and_name_features_that_there_are() {
    let ours = manifest();
    let features: BTreeSet<&String> = ours["features"].as_table().unwrap().keys().collect();
    let mut seen = 0;
    for page in pages::pages() {
        for block in page.blocks().into_iter().filter(|block| block.kind == "toml") {
            let place = &block.place;
            let shown: toml::Table =
                toml::from_str(&block.code).unwrap_or_else(|error| panic!("{place}: {error}"));
            let Some(dependencies) = shown.get("dependencies").and_then(|it| it.as_table()) else {
                continue;
            };
            let Some(own) = dependencies.get("tower-bearer") else { continue };
            seen += 1;
            let version = own.get("version").unwrap_or(own).as_str().unwrap();
            let newest = ours["package"]["version"].as_str().unwrap();
            assert!(newest.starts_with(&format!("{version}.")), "{place}: version {version}");
            for feature in own.get("features").and_then(|it| it.as_array()).into_iter().flatten() {
                let feature = feature.as_str().unwrap().to_owned();
                assert!(features.contains(&feature), "{place}: no feature {feature}");
            }
        }
    }
    assert!(seen > 6, "{seen} manifests");
}

/// As it was written: packaging rewrites `Cargo.toml`.
fn manifest() -> toml::Table {
    let text = fs::read_to_string(pages::root().join("Cargo.toml.orig"))
        .or_else(|_| fs::read_to_string(pages::root().join("Cargo.toml")));
    toml::from_str(&text.unwrap()).unwrap()
}

#[test]
fn json_is_json() {
    for page in pages::pages() {
        for block in page.blocks().into_iter().filter(|block| block.kind == "json") {
            let read = serde_json::from_str::<serde_json::Value>(&block.code);
            assert!(read.is_ok(), "{}: {read:?}", block.place);
        }
    }
}

#[test]
fn javascript_is_javascript() {
    for page in pages::pages() {
        for block in page.blocks().into_iter().filter(|block| block.kind == "js") {
            let started = Command::new("node")
                .args(["--check", "--input-type=module", "-"])
                .stdin(Stdio::piped())
                .spawn();
            let Ok(mut node) = started else {
                println!("skipped: there is no node");
                return;
            };
            node.stdin.take().unwrap().write_all(block.code.as_bytes()).unwrap();
            assert!(node.wait().unwrap().success(), "{}", block.place);
        }
    }
}

#[test]
fn python_is_python() {
    for page in pages::pages() {
        for block in page.blocks().into_iter().filter(|block| block.kind == "python") {
            let started = Command::new("python3")
                .args(["-c", "import ast, sys; ast.parse(sys.stdin.read())"])
                .stdin(Stdio::piped())
                .spawn();
            let Ok(mut python) = started else {
                println!("skipped: there is no python3");
                return;
            };
            python.stdin.take().unwrap().write_all(block.code.as_bytes()).unwrap();
            assert!(python.wait().unwrap().success(), "{}", block.place);
        }
    }
}
