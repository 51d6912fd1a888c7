//! The rules, applied to one file.

use crate::paths::{Path, paths};
use crate::tokens::{Token, code, starts_with};

/// A module at the top of the crate, and which others it may import.
#[derive(Debug)]
pub(crate) struct Module {
    pub(crate) name: &'static str,
    pub(crate) imports: &'static [&'static str],
}

#[derive(Debug)]
pub(crate) struct Checker<'a> {
    pub(crate) modules: &'a [Module],
    pub(crate) bottom: &'a [&'a str],
    /// A crate, and the beginning of the modules that may name it.
    pub(crate) crates: &'a [(&'a str, &'a str)],
    pub(crate) time: &'a [&'a [&'a str]],
    pub(crate) clock: &'a str,
}

impl Checker<'_> {
    /// What is wrong with a file, named from `src` on, of a crate with this `lib.rs`.
    pub(crate) fn check(&self, file: &str, source: &str, root: &str) -> Vec<String> {
        let path = file.trim_end_matches(".rs");
        let mut module: Vec<&str> = path.split('/').collect();
        if module.contains(&"tests") {
            return Vec::new();
        }
        if matches!(module.last(), Some(&"mod" | &"lib")) {
            module.pop();
        }
        let code = code(source);
        let paths = paths(&code, &module);
        let mut faults = self.outside(&paths, &module);
        faults.extend(self.time(&code, &module));
        match module.first() {
            Some(name) => faults.extend(self.ours(&paths, name, &exports(root))),
            None => faults.extend(unnamed_exports(&paths)),
        }
        faults.iter().map(|(line, fault)| format!("src/{file}:{line}: {fault}")).collect()
    }

    fn outside(&self, paths: &[Path], module: &[&str]) -> Vec<(usize, String)> {
        let here = module.join("::");
        let foreign = |path: &Path| {
            let name = &path.segments[0];
            let homes = self.crates.iter().filter(|(own, _)| name == own).map(|(_, home)| *home);
            let homes: Vec<&str> = homes.collect();
            let is_foreign = !homes.is_empty() && !homes.iter().any(|home| here.starts_with(home));
            is_foreign.then(|| {
                let homes = homes.join(" and ");
                (path.line, format!("{here} names the crate {name}, which belongs to {homes}"))
            })
        };
        paths.iter().filter_map(foreign).collect()
    }

    fn time(&self, code: &[Token<'_>], module: &[&str]) -> Vec<(usize, String)> {
        if module.first() == Some(&self.clock) {
            return Vec::new();
        }
        let reads = |at: &usize| self.time.iter().any(|texts| starts_with(&code[*at..], texts));
        let fault =
            |at: usize| (code[at].line, format!("the time is read in {} alone", self.clock));
        (0..code.len()).filter(reads).map(fault).collect()
    }

    fn ours(&self, paths: &[Path], name: &str, exports: &[Path]) -> Vec<(usize, String)> {
        let Some(module) = self.modules.iter().find(|module| module.name == name) else {
            let fault = format!("{name} has no row in the table of tests/architecture.rs");
            return vec![(1, fault)];
        };
        paths
            .iter()
            .filter(|path| path.segments[0] == "crate")
            .filter(|path| !self.allowed(module, &at_home(path, exports)))
            .map(|path| (path.line, format!("{name} imports {}", path.segments.join("::"))))
            .collect()
    }

    /// `home` is a path from the module on; empty is the crate as a whole.
    fn allowed(&self, module: &Module, home: &[String]) -> bool {
        let Some(top) = home.first() else { return false };
        let is_bottom = self.bottom.contains(&module.name);
        let below = if is_bottom { &[] } else { self.bottom };
        top == module.name
            || module.imports.iter().chain(below).any(|import| {
                let import: Vec<&str> = import.split("::").collect();
                home.len() >= import.len() && home.iter().zip(import).all(|(a, b)| a == b)
            })
    }
}

/// What `lib.rs` re-exports, so that `crate::Name` is seen as the module that it comes from.
fn exports(root: &str) -> Vec<Path> {
    paths(&code(root), &[])
}

fn at_home(path: &Path, exports: &[Path]) -> Vec<String> {
    let inside = &path.segments[1..];
    let export = inside.first().and_then(|name| exports.iter().find(|one| one.name == *name));
    match export {
        Some(export) => {
            let home = export.segments.iter().filter(|segment| *segment != "crate");
            home.chain(&inside[1..]).cloned().collect()
        }
        None => inside.to_vec(),
    }
}

fn unnamed_exports(paths: &[Path]) -> Vec<(usize, String)> {
    paths
        .iter()
        .filter(|path| path.name == "*")
        .map(|path| {
            let path_text = path.segments.join("::");
            (path.line, format!("the root re-exports {path_text}; name what it re-exports"))
        })
        .collect()
}
