//! The document, made of the requirements and the tests.

use std::fmt::Write;

use crate::requirements::{Requirement, Section, Standing};
use crate::{Test, Tests};

const INTRODUCTION: &str = "\
# Conformance

What the crate is held to, requirement by requirement, and the tests that hold it to that. It is
for those who audit the crate or compare it with the standards, and is made of the names of the
tests: a test of a requirement carries its number, as `r63_a_token_ends_at_exp` does.

The numbers are ours. They are those of a longer list: what is listed here is all of what concerns
requests, tokens and transport, and of logins and passwords what has tests. The requirements are in
our words; the source says who asks for them, with the section, or that we decided. *Not built yet*
means that the feature which a requirement is about is not there.

A test fails while this file is stale. To write it anew:

```sh
UPDATE_CONFORMANCE=1 cargo test --test conformance
```
";

/// More tests than these are counted.
const SHOWN: usize = 4;

pub(crate) fn render(sections: &[Section], tests: &Tests) -> String {
    let mut text = INTRODUCTION.to_owned();
    for section in sections {
        let _ = write!(text, "\n## {}\n\n", section.title);
        text += "| | requirement | source | tests |\n|---|---|---|---|\n";
        for requirement in section.requirements {
            let Requirement { number, text: words, source, .. } = requirement;
            let cell = cell(requirement, tests);
            let _ = writeln!(text, "| {number} | {words} | {source} | {cell} |");
        }
    }
    text + &counts(sections, tests)
}

fn cell(requirement: &Requirement, tests: &Tests) -> String {
    match (tests.get(&requirement.number), requirement.standing) {
        (Some(tests), _) => {
            let mut lines: Vec<String> = tests.iter().take(SHOWN).map(line).collect();
            if tests.len() > SHOWN {
                lines.push(format!("and {} more", tests.len() - SHOWN));
            }
            lines.join("<br>")
        }
        (None, Standing::Met) => "**no test**".to_owned(),
        (None, Standing::NotBuilt) => "*not built yet*".to_owned(),
        (None, Standing::NotApplicable(reason)) => format!("*does not apply: {reason}*"),
    }
}

fn line((name, file): &Test) -> String {
    format!("`{name}` in `{file}`")
}

fn counts(sections: &[Section], tests: &Tests) -> String {
    let rows = || sections.iter().flat_map(|section| section.requirements);
    let untested = |wanted: fn(Standing) -> bool| {
        let untested = rows().filter(|row| !tests.contains_key(&row.number));
        untested.filter(|row| wanted(row.standing)).count()
    };
    let tested = rows().filter(|row| tests.contains_key(&row.number)).count();
    let not_built = untested(|standing| standing == Standing::NotBuilt);
    let not_applicable = untested(|standing| matches!(standing, Standing::NotApplicable(_)));
    let lacking = untested(|standing| standing == Standing::Met);
    let mut all: Vec<&Test> = tests.values().flatten().collect();
    all.sort_unstable();
    all.dedup();
    format!(
        "\n## Counts\n\n\
        | requirements | tested | not built yet | do not apply | without a test | tests |\n\
        |---|---|---|---|---|---|\n\
        | {} | {tested} | {not_built} | {not_applicable} | {lacking} | {} |\n",
        rows().count(),
        all.len(),
    )
}
