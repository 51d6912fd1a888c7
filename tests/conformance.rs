//! Holds `docs/CONFORMANCE.md` against the tests that it is made of.
//!
//! `UPDATE_CONFORMANCE=1 cargo test --test conformance` writes it anew.

#[allow(dead_code, reason = "what leaves tests out is for the architecture")]
#[path = "architecture/tokens.rs"]
mod tokens;

#[path = "conformance/document.rs"]
mod document;
#[path = "conformance/requirements.rs"]
mod requirements;
#[path = "conformance/tests_of.rs"]
mod tests_of;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use requirements::{RELEASE, Requirement, SECTIONS, Standing};

/// A test, as `(function, file)`.
type Test = (String, String);

/// The tests of each number.
type Tests = BTreeMap<u16, BTreeSet<Test>>;

#[test]
fn the_document_is_what_the_tests_say() {
    let path = root().join("docs/CONFORMANCE.md");
    let made = document::render(SECTIONS, &numbered_tests());
    if std::env::var_os("UPDATE_CONFORMANCE").is_some() {
        fs::write(&path, &made).expect("docs/CONFORMANCE.md is writable");
    }
    let kept = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    let differs = kept.lines().zip(made.lines()).find(|(kept, made)| kept != made);
    assert!(
        kept == made,
        "docs/CONFORMANCE.md is stale, first here: {differs:?}\n\
        write it anew: UPDATE_CONFORMANCE=1 cargo test --test conformance"
    );
}

#[test]
fn every_requirement_has_a_test_or_says_why_not() {
    let tests = numbered_tests();
    let faults: Vec<String> =
        requirements().filter_map(|requirement| fault(requirement, &tests)).collect();
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

/// What is wrong with a requirement, given the tests that there are.
fn fault(requirement: &Requirement, tests: &Tests) -> Option<String> {
    let Requirement { number, text, standing, .. } = requirement;
    let tested = tests.get(number).and_then(|tests| tests.first());
    let is_for_release = RELEASE.iter().any(|numbers| numbers.contains(number));
    match (standing, tested) {
        (Standing::Met, None) => Some(format!("no test has the number {number}: {text}")),
        (Standing::NotBuilt, None) if is_for_release => {
            Some(format!("{number} is needed for a release and not built: {text}"))
        }
        (Standing::NotApplicable(_), Some((name, file))) => {
            Some(format!("{number} does not apply, and yet {file} has {name}"))
        }
        _ => None,
    }
}

#[test]
fn every_number_in_a_name_is_known() {
    let known: BTreeSet<u16> = requirements().map(|requirement| requirement.number).collect();
    for (number, tests) in numbered_tests() {
        assert!(
            known.contains(&number),
            "tests/conformance has no requirement {number}: {tests:?}"
        );
    }
}

#[test]
fn the_table_is_complete_and_in_order() {
    let numbers: Vec<u16> = requirements().map(|requirement| requirement.number).collect();
    assert!(numbers.is_sorted_by(|one, next| one < next), "numbers rise and are unique");
    let whole = [1..=88, 139..=153, 197..=202];
    for number in whole.into_iter().flatten().chain(RELEASE.iter().cloned().flatten()) {
        assert!(numbers.contains(&number), "{number} is missing");
    }
    for Requirement { number, text, source, standing } in requirements() {
        let reason = if let Standing::NotApplicable(reason) = standing { reason } else { "-" };
        for cell in [text, source, reason] {
            assert!(!cell.is_empty() && !cell.contains(['|', '\n']), "{number}: {cell:?}");
        }
    }
}

fn requirements() -> impl Iterator<Item = &'static Requirement> {
    SECTIONS.iter().flat_map(|section| section.requirements)
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every test of the crate whose name has a number.
fn numbered_tests() -> Tests {
    let mut files = Vec::new();
    for directory in ["src", "tests", "examples"] {
        collect(&root().join(directory), &mut files);
    }
    let mut tests = Tests::new();
    for path in files {
        let source = fs::read_to_string(&path).expect("the file is readable");
        let file = path.strip_prefix(root()).expect("the file is in the crate");
        let file = file.to_str().expect("file names are UTF-8").replace('\\', "/");
        for name in tests_of::tests(&source) {
            for number in tests_of::numbers(&name) {
                tests.entry(number).or_default().insert((name.clone(), file.clone()));
            }
        }
    }
    tests
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("the directory is readable") {
        let path = entry.expect("the directory is readable").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

#[test]
fn only_what_runs_as_a_test_is_one() {
    let source = r##"
        // #[test] fn r1_comment() {}
        /* #[test] fn r1_block() {} */
        const TEXT: &str = "#[test] fn r1_text() {}";
        const RAW: &str = r#"#[test] fn r1_raw() {}"#;
        fn r1_helper() {}
        #[cfg(test)] fn r1_of_tests() {}
        #[test_case] fn r1_case() {}
        #[inline] fn r1_inline() {}
        #[test] #[ignore] fn r1_ignored() {}
        #[ignore = "slow"] #[test] fn r1_ignored_too() {}
        macro_rules! each { ($($test:ident)*) => { $(#[test] fn $test() {})* } }
        #[test] mod r1_module {}

        #[test] fn a() { fn r1_inner() {} }
        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn b() {}
        #[cfg(feature = "x")] #[test] #[should_panic(expected = "]")] pub fn c() {}
        proptest! { #![proptest_config(X)] #[test] fn d(x in any::<u8>()) {} }
        mod inner { #[test] fn e() {} }
        on_every_store! { f g }
        async fn f(store: impl Store) {}
        on_every_session_store! { h }
    "##;
    assert_eq!(tests_of::tests(source), ["a", "b", "c", "d", "e", "f", "g", "h"]);
}

#[test]
fn numbers_are_those_at_the_beginning_of_a_name() {
    for (name, numbers) in [
        ("r63_a_token_ends_at_exp", &[63][..]),
        ("r095_r020_r110_the_whole_way", &[95, 20, 110]),
        ("of_r63", &[]),
        ("r63a_r64", &[]),
        ("r7_rsa_r8", &[7]),
        ("refresh", &[]),
    ] {
        assert_eq!(tests_of::numbers(name), numbers, "{name}");
    }
}

#[test]
fn faults_are_found() {
    let row = |number, standing| Requirement { number, text: "t", source: "s", standing };
    let one = BTreeSet::from([("r1_a".to_owned(), "tests/a.rs".to_owned())]);
    let tests = Tests::from([(1, one.clone()), (41, one)]);
    let why_not = Standing::NotApplicable("because");
    for (number, standing, is_fault) in [
        (1, Standing::Met, false),
        (2, Standing::Met, true),
        (1, why_not, true),
        (2, why_not, false),
        (1, Standing::NotBuilt, false),
        (2, Standing::NotBuilt, true),
        (41, Standing::NotBuilt, false),
        (42, Standing::NotBuilt, false),
    ] {
        let found = fault(&row(number, standing), &tests);
        assert_eq!(found.is_some(), is_fault, "{number} {standing:?} {found:?}");
    }
}
