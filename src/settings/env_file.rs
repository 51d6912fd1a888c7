//! The lines of the file `.env`.

use std::collections::HashMap;

/// What it sets. A line that is none is a fault.
pub(super) fn read(text: &str, faults: &mut Vec<String>) -> HashMap<String, String> {
    let mut values = HashMap::new();
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match assignment(line) {
            Some((name, value)) => {
                values.insert(name.to_owned(), value.to_owned());
            }
            // The line itself is not shown: it may be half a secret.
            None => faults.push(format!("line {} of .env must be NAME=value", index + 1)),
        }
    }
    values
}

/// A value is taken as it stands: replacing `$NAME` or `\\n` in it would make a secret another one.
fn assignment(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.strip_prefix("export ").unwrap_or(line).split_once('=')?;
    let (name, value) = (name.trim(), value.trim());
    let unquoted = ['"', '\'']
        .into_iter()
        .find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote))
        .unwrap_or(value);
    (!name.is_empty()).then_some((name, unquoted))
}
