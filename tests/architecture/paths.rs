//! The paths that source names: `use` trees spelt out, `self` and `super` resolved.

use crate::tokens::Token;

/// A path as it is written, segment by segment; from `crate` on where it is one of ours.
#[derive(Debug)]
pub(crate) struct Path {
    pub(crate) line: usize,
    pub(crate) segments: Vec<String>,
    /// The name that a `use` gives it.
    pub(crate) name: String,
}

/// Every path of two segments and more, and every one in a `use`.
pub(crate) fn paths(code: &[Token<'_>], module: &[&str]) -> Vec<Path> {
    let mut reader = Reader { code, at: 0, module, inner: Vec::new(), paths: Vec::new() };
    reader.read();
    reader.paths
}

struct Reader<'a> {
    code: &'a [Token<'a>],
    at: usize,
    module: &'a [&'a str],
    /// The modules written inside of the file that enclose this place; `None` is another block.
    inner: Vec<Option<&'a str>>,
    paths: Vec<Path>,
}

impl<'a> Reader<'a> {
    fn read(&mut self) {
        while let Some(token) = self.code.get(self.at).copied() {
            match token.text {
                "use" if self.peek(1) != Some("<") => {
                    self.at += 1;
                    self.tree(&[]);
                }
                "{" => {
                    let name = self.module_that_opens();
                    self.inner.push(name);
                    self.at += 1;
                }
                "}" => {
                    self.inner.pop();
                    self.at += 1;
                }
                "::" | "$" => self.at += 1,
                _ if token.is_word() => self.inline(),
                _ => self.at += 1,
            }
        }
    }

    fn peek(&self, ahead: usize) -> Option<&'a str> {
        self.code.get(self.at + ahead).map(|token| token.text)
    }

    fn module_that_opens(&self) -> Option<&'a str> {
        let before = self.code.get(self.at.checked_sub(2)?..self.at)?;
        (before[0].text == "mod").then_some(before[1].text)
    }

    /// `a::b::c` in an expression, a type or an attribute.
    fn inline(&mut self) {
        let line = self.code[self.at].line;
        let segments = self.segments();
        if segments.len() > 1 {
            self.push(line, &segments, None);
        }
    }

    /// Reads words that are joined by `::`; stops before a `{`, a `*` or a `<`.
    fn segments(&mut self) -> Vec<&'a str> {
        let mut segments = Vec::new();
        while let Some(token) = self.code.get(self.at).filter(|token| token.is_word()) {
            segments.push(token.text);
            self.at += 1;
            if self.peek(0) != Some("::") {
                break;
            }
            self.at += 1;
        }
        segments
    }

    /// One branch of a `use`, after the segments that lead to it.
    fn tree(&mut self, before: &[&'a str]) {
        if self.peek(0) == Some("::") {
            self.at += 1;
        }
        let Some(first) = self.code.get(self.at) else { return };
        let mut segments = [before, &self.segments()].concat();
        match self.peek(0) {
            Some("{") => {
                self.at += 1;
                while self.peek(0).is_some_and(|text| text != "}") {
                    self.tree(&segments);
                    if self.peek(0) == Some(",") {
                        self.at += 1;
                    }
                }
                self.at += 1;
            }
            Some("*") => {
                segments.push("*");
                self.at += 1;
                self.push(first.line, &segments, None);
            }
            Some("as") => {
                let name = self.peek(1);
                self.at += 2;
                self.push(first.line, &segments, name);
            }
            // Not a `use` that compiles; what matters is to move on.
            _ if segments.len() == before.len() => self.at += 1,
            _ => {
                if segments.len() > 1 && segments.last() == Some(&"self") {
                    segments.pop();
                }
                self.push(first.line, &segments, None);
            }
        }
    }

    fn push(&mut self, line: usize, written: &[&'a str], name: Option<&str>) {
        let segments = self.resolve(written);
        let name = name.or(segments.last().map(String::as_str)).unwrap_or_default().to_owned();
        self.paths.push(Path { line, segments, name });
    }

    fn resolve(&self, written: &[&'a str]) -> Vec<String> {
        let leading = written.iter().take_while(|word| matches!(**word, "self" | "super")).count();
        let ups = written[..leading].iter().filter(|word| **word == "super").count();
        let mut resolved = Vec::new();
        if leading > 0 {
            let enclosing = self.module.iter().copied().chain(self.inner.iter().flatten().copied());
            let enclosing: Vec<&str> = enclosing.collect();
            resolved.push("crate");
            resolved.extend(&enclosing[..enclosing.len().saturating_sub(ups)]);
        }
        resolved.extend(&written[leading..]);
        resolved.into_iter().map(str::to_owned).collect()
    }
}
