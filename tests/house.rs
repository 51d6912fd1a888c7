//! Holds what the documents say against the manifest.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

#[test]
fn the_feature_table_is_that_of_the_manifest() {
    let features = entries(&manifest(), "features");
    let default = &features["default"];
    let declared: BTreeMap<String, bool> = features
        .keys()
        .filter(|name| *name != "default")
        .map(|name| (name.clone(), default.contains(&format!("\"{name}\""))))
        .collect();
    assert_eq!(feature_table(&file("README.md")), declared);

    let missing: Vec<&String> = declared
        .keys()
        .filter(|name| *name != "full" && !features["full"].contains(&format!("\"{name}\"")))
        .collect();
    assert_eq!(missing, ["rust-crypto"], "README.md says that `full` is all but this");
}

#[test]
fn every_direct_dependency_has_its_reason_above_it() {
    let manifest = manifest();
    let lines: Vec<&str> = manifest.lines().collect();
    let mut section = "";
    let mut seen = 0;
    for (at, line) in lines.iter().enumerate() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']');
            let single = section.rsplit_once("dependencies.").is_some();
            assert!(!single, "[{section}]: one line a dependency, so that this test sees it");
        } else if section.ends_with("dependencies") && key(line).is_some() {
            let reason = lines[at - 1].strip_prefix("# ").unwrap_or_default();
            assert!(!reason.trim().is_empty(), "no comment with the reason above: {line}");
            seen += 1;
        }
    }
    assert!(seen > 0, "Cargo.toml has no dependencies to check");
}

#[test]
fn the_rust_versions_are_those_of_the_manifest() {
    let package = entries(&manifest(), "package");
    let promised = package["rust-version"].trim_matches('"');
    let readme = file("README.md");
    let (_, section) = readme.split_once("\n## Rust version\n").expect("README.md has the section");
    assert!(section.trim_start().starts_with(&format!("Rust {promised};")), "{section}");

    let databases = "needs rust 1.94";
    let features = manifest();
    for feature in ["\nsqlite = ", "\npostgres = "] {
        let (comment, _) = features.split_once(feature).expect("there is such a feature");
        let comment = comment.lines().last().unwrap_or_default().to_lowercase();
        assert!(comment.contains(databases), "{comment}");
    }
    assert!(section.contains("need Rust 1.94"), "{section}");
}

#[test]
fn the_changelog_names_the_version_or_is_unreleased() {
    let version = entries(&manifest(), "package")["version"].trim_matches('"').to_owned();
    let changelog = file("CHANGELOG.md");
    let headings: Vec<&str> =
        changelog.lines().filter_map(|line| line.strip_prefix("## [")).collect();
    let first = headings.first().expect("CHANGELOG.md has a section");
    assert!(first.starts_with("Unreleased]") || first.starts_with(&format!("{version}]")));
}

#[test]
fn the_example_names_every_variable_of_the_settings() {
    let settings = file("src/settings/mod.rs");
    let rows =
        settings.lines().filter_map(|line| line.strip_prefix("/// | `")?.split(" | ").next());
    let names: Vec<&str> = rows
        .flat_map(|cell| cell.split('`'))
        .filter(|word| {
            word.contains('_') && word.bytes().all(|b| b == b'_' || b.is_ascii_uppercase())
        })
        .collect();
    assert!(names.len() > 25, "{names:?}");
    let readme = file("examples/tasks/README.md");
    let missing: Vec<&&str> =
        names.iter().filter(|name| !readme.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "examples/tasks/README.md lacks {missing:?}");
}

#[test]
fn the_page_on_operating_names_every_table() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/postgres");
    let mut migrations: Vec<_> =
        fs::read_dir(&root).expect("there are migrations").flatten().map(|it| it.path()).collect();
    migrations.sort();
    let mut tables: Vec<String> = vec!["tower_bearer_migrations".to_owned()];
    for migration in migrations {
        for line in fs::read_to_string(&migration).expect("it is readable").lines() {
            let named = |statement| line.strip_prefix(statement)?.split([' ', ';']).next();
            if let Some(table) = named("CREATE TABLE ") {
                tables.push(table.to_owned());
            }
            if let Some(table) = named("DROP TABLE ") {
                tables.retain(|other| other != table);
            }
        }
    }
    assert!(tables.len() > 6, "{tables:?}");
    let page = file("docs/OPERATING.md");
    let missing: Vec<&String> =
        tables.iter().filter(|table| !page.contains(&format!("`{table}`"))).collect();
    assert!(missing.is_empty(), "docs/OPERATING.md lacks {missing:?}");
}

/// Which is compiled there.
#[test]
fn the_readme_shows_lines_of_the_page_on_providers() {
    let readme = file("README.md");
    let (_, section) =
        readme.split_once("\n## Tokens of an identity provider\n").expect("a section");
    let (_, program) = section.split_once("```rust\n").expect("a program");
    let (program, _) = program.split_once("```\n").expect("its end");
    assert!(file("docs/providers.md").contains(program), "{program}");
}

/// The names in the first column of the table that begins with `feature`, and whether the second
/// says that they are on by default.
fn feature_table(readme: &str) -> BTreeMap<String, bool> {
    readme
        .lines()
        .skip_while(|line| !line.starts_with("| feature |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            (cells[1].trim_matches('`').to_owned(), cells[2] == "yes")
        })
        .collect()
}

/// The `name = value` lines of a section; no value of ours spans lines.
fn entries(manifest: &str, section: &str) -> BTreeMap<String, String> {
    manifest
        .lines()
        .skip_while(|line| *line != format!("[{section}]"))
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| Some((key(line)?.to_owned(), line.split_once('=')?.1.trim().to_owned())))
        .collect()
}

fn key(line: &str) -> Option<&str> {
    let (key, _) = line.split_once('=')?;
    (!line.starts_with('#')).then(|| key.trim())
}

/// As it was written: packaging rewrites `Cargo.toml`, without its comments.
fn manifest() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(root.join("Cargo.toml.orig")).unwrap_or_else(|_| file("Cargo.toml"))
}

fn file(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
