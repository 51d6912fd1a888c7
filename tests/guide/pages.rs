//! The pages as files, and the blocks of code in them.

use std::fs;
use std::path::{Path, PathBuf};

pub(crate) struct Page {
    /// Without `.md`.
    pub(crate) name: String,
    pub(crate) text: String,
}

pub(crate) struct Block<'a> {
    /// As `docs/guide/NAME.md:LINE`.
    pub(crate) place: String,
    /// What stands behind the fence: `rust,no_run`.
    pub(crate) kind: &'a str,
    /// The line before the fence, where that is a comment.
    pub(crate) note: Option<&'a str>,
    /// The heading above it.
    pub(crate) heading: &'a str,
    pub(crate) code: String,
}

/// All of them, the index included.
pub(crate) fn pages() -> Vec<Page> {
    let mut pages: Vec<Page> = fs::read_dir(root().join("docs/guide"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == "md"))
        .map(|path| Page {
            name: path.file_stem().unwrap().to_str().unwrap().to_owned(),
            text: fs::read_to_string(path).unwrap(),
        })
        .collect();
    pages.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(pages.len() > 12, "docs/guide has {} pages", pages.len());
    pages
}

pub(crate) fn page(name: &str) -> Page {
    pages().into_iter().find(|page| page.name == name).unwrap()
}

impl Page {
    pub(crate) fn blocks(&self) -> Vec<Block<'_>> {
        let (mut blocks, mut open): (Vec<Block<'_>>, bool) = (Vec::new(), false);
        let (mut before, mut heading) = ("", "");
        for (number, line) in self.text.lines().enumerate() {
            match (line.trim_start().strip_prefix("```"), open) {
                (Some(kind), false) => {
                    let place = format!("docs/guide/{}.md:{}", self.name, number + 1);
                    let note = before.strip_prefix("<!-- ").and_then(|it| it.strip_suffix(" -->"));
                    blocks.push(Block { place, kind, note, heading, code: String::new() });
                    open = true;
                }
                (Some(_), true) => open = false,
                (None, true) => {
                    let code = &mut blocks.last_mut().unwrap().code;
                    code.push_str(line);
                    code.push('\n');
                }
                (None, false) if line.starts_with('#') => heading = line,
                (None, false) => {}
            }
            before = line;
        }
        assert!(!open, "docs/guide/{}.md has a block without an end", self.name);
        blocks
    }
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// The files below a directory with this ending.
pub(crate) fn files_below(directory: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "node_modules") {
            found.extend(files_below(&path, ending));
        } else if path.extension().is_some_and(|it| it == ending) {
            found.push(path);
        }
    }
    found
}

#[test]
fn every_page_is_a_module_and_in_the_index() {
    let modules = fs::read_to_string(root().join("src/guide/mod.rs")).unwrap();
    let labels = fs::read_to_string(root().join("src/guide/links.md")).unwrap();
    let index = page("README").text;
    for name in pages().into_iter().map(|page| page.name).filter(|name| name != "README") {
        let module = name.replace('-', "_");
        let line = format!("\n    {module} = \"guide/{name}\";\n");
        assert!(modules.contains(&line), "src/guide/mod.rs lacks {line}");
        let label = format!("[{name}]: crate::guide::{module}");
        assert!(labels.lines().any(|it| it == label), "src/guide/links.md lacks {label}");
        let file = format!("\n[{name}]: {name}.md\n");
        assert!(index.contains(&file), "docs/guide/README.md lacks {file}");
        let named =
            index.lines().any(|it| !it.starts_with("<!--") && it.contains(&format!("][{name}]")));
        assert!(named, "docs/guide/README.md does not name {name}");
    }
}
