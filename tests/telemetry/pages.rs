//! `docs/TELEMETRY.md` against the source.

use std::collections::BTreeSet;
use std::path::Path;
use std::{fs, iter};

use metrics::{
    Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit,
    with_local_recorder,
};

fn file(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// The rows of a table whose head begins so, without backticks.
fn rows(head: &str) -> Vec<Vec<String>> {
    let page = file("docs/TELEMETRY.md");
    let lines = page.lines().skip_while(|line| !line.starts_with(head)).skip(2);
    let cells = |line: &str| -> Vec<String> {
        let inner = line.trim_start_matches('|').trim_end_matches('|');
        inner.split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    let rows: Vec<Vec<String>> =
        lines.take_while(|line| line.starts_with('|')).map(cells).collect();
    assert!(rows.len() > 10, "no table {head:?}");
    rows
}

fn plain(cell: &str) -> String {
    cell.replace('`', "")
}

#[test]
fn every_event_of_the_source_is_in_the_table_and_no_other() {
    let table: BTreeSet<String> = rows("| target | level |")
        .iter()
        .map(|row| {
            let [target, level, fields, message] = &row[..] else { panic!("{row:?}") };
            // The audit trail has its own page.
            let message = if target.contains("audit") { "" } else { message };
            format!("{} {level} [{}] {message}", plain(target), plain(fields))
        })
        .collect();
    let mut source = BTreeSet::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut source);
    assert!(source.len() > 50, "{source:?}");
    let (missing, gone): (Vec<_>, Vec<_>) =
        (source.difference(&table).collect(), table.difference(&source).collect());
    assert!(
        missing.is_empty() && gone.is_empty(),
        "not on the page: {missing:#?}; gone: {gone:#?}"
    );
}

fn collect(directory: &Path, events: &mut BTreeSet<String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, events);
        } else if path.file_name().is_some_and(|name| name != "trace.rs") {
            for (before, after) in splits(&fs::read_to_string(&path).unwrap()) {
                events.insert(event(before, after, &path));
            }
        }
    }
}

/// The name of each macro of events, and what follows its bracket.
fn splits(text: &str) -> Vec<(&str, &str)> {
    let mut rest = text;
    iter::from_fn(|| {
        loop {
            let (_, after) = rest.split_once("trace::")?;
            rest = after;
            if let Some((level, arguments)) = after.split_once("!(")
                && ["debug", "info", "warn", "error"].contains(&level)
            {
                return Some((level, arguments));
            }
        }
    })
    .collect()
}

/// `target LEVEL [fields] message`.
fn event(level: &str, arguments: &str, path: &Path) -> String {
    let target = arguments.trim_start().strip_prefix("target: \"");
    let target = target.unwrap_or_else(|| panic!("an event without target in {}", path.display()));
    let (target, rest) = target.split_once('"').unwrap();
    // Fields come before the message, and no value of one is a literal text.
    let end = rest.find(['"', ';']).unwrap();
    let (fields, message) = rest.split_at(end);
    let message = match message.strip_prefix('"') {
        Some(text) => text.split_once('"').unwrap().0,
        None => "",
    };
    let words: Vec<&str> = message.split("\\\n").map(str::trim_start).collect();
    let message = words.concat();
    assert!(!message.contains('{'), "the message is no constant: {message}");
    let names = fields.trim_end_matches([')', '\n', ' ']).split(',').map(str::trim);
    let names: Vec<&str> = names
        .filter(|field| !field.is_empty())
        .map(|field| field.split(" = ").next().unwrap_or(field).trim_start_matches(['%', '?']))
        .collect();
    let level = level.to_uppercase();
    format!("{target} {level} [{}] {message}", names.join(", "))
}

#[test]
fn metrics_are_described_as_the_table_has_them() {
    #[derive(Default)]
    struct Described(std::sync::Mutex<Vec<String>>);

    impl Described {
        fn add(&self, kind: &str, name: &KeyName, unit: Option<Unit>, text: &SharedString) {
            assert!(!text.is_empty());
            let unit = match unit.unwrap() {
                Unit::Count => "",
                unit => unit.as_str(),
            };
            self.0.lock().unwrap().push(format!("{} {kind} [{unit}]", name.as_str()));
        }
    }

    impl Recorder for Described {
        fn describe_counter(&self, name: KeyName, unit: Option<Unit>, text: SharedString) {
            self.add("counter", &name, unit, &text);
        }

        fn describe_gauge(&self, name: KeyName, unit: Option<Unit>, text: SharedString) {
            self.add("gauge", &name, unit, &text);
        }

        fn describe_histogram(&self, name: KeyName, unit: Option<Unit>, text: SharedString) {
            self.add("histogram", &name, unit, &text);
        }

        fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
            Counter::noop()
        }

        fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
            Gauge::noop()
        }

        fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
            Histogram::noop()
        }
    }

    let described = Described::default();
    with_local_recorder(&described, tower_bearer::describe_metrics);
    let table: Vec<String> = rows("| metric | type |")
        .iter()
        .map(|row| format!("{} {} [{}]", plain(&row[0]), row[1], row[2]))
        .collect();
    assert_eq!(*described.0.lock().unwrap(), table);
}

#[test]
fn nothing_is_counted_under_a_name_of_another_file() {
    fn search(directory: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                search(&path, found);
            } else if fs::read_to_string(&path).unwrap().contains("::metrics::") {
                found.push(path.file_name().unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    let mut found = Vec::new();
    search(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    found.sort();
    assert_eq!(found, ["kept.rs", "on.rs", "share.rs", "tests.rs"]);
}

/// `setup.rs` is run by `collector.rs`.
#[test]
fn the_page_shows_the_program_that_is_tested() {
    let page = file("docs/TELEMETRY.md");
    assert!(page.contains(&file("tests/telemetry/setup.rs")));
    // What differs is how the two lay it out.
    let squeezed = |text: &str| text.split_whitespace().collect::<String>();
    let example = file("examples/tasks/telemetry.rs");
    let (_, buckets) = example.split_once("const BUCKETS").unwrap();
    let (buckets, _) = buckets.split_once("];\n").unwrap();
    assert!(squeezed(&page).contains(&squeezed(buckets)), "the buckets of the example");
}
