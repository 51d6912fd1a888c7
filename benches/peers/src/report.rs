//! Tables in Markdown.

use crate::candidate::Cost;

/// Candidates against something that grows or changes: an algorithm, a kind of request, a size.
pub struct Table {
    title: String,
    columns: Vec<String>,
    rows: Vec<(String, Vec<Option<Cost>>)>,
}

impl Table {
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), columns: Vec::new(), rows: Vec::new() }
    }

    /// Adds a column. A candidate that was in none before begins a row.
    pub fn column<N: Into<String>>(
        &mut self,
        name: impl Into<String>,
        costs: impl IntoIterator<Item = (N, Cost)>,
    ) {
        self.columns.push(name.into());
        for (name, cost) in costs {
            let name = name.into();
            let at = match self.rows.iter().position(|(row, _)| *row == name) {
                Some(at) => at,
                None => {
                    self.rows.push((name, Vec::new()));
                    self.rows.len() - 1
                }
            };
            let cells = &mut self.rows[at].1;
            cells.resize(self.columns.len() - 1, None);
            cells.push(Some(cost));
        }
        for (_, cells) in &mut self.rows {
            cells.resize(self.columns.len(), None);
        }
    }

    pub fn cost(&self, row: impl Fn(&str) -> bool, column: &str) -> Option<Cost> {
        let at = self.columns.iter().position(|name| name == column)?;
        self.rows.iter().find(|(name, _)| row(name))?.1[at]
    }

    /// The names of the rows.
    pub fn rows(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().map(|(name, _)| name.as_str())
    }

    /// Nanoseconds, and allocations where they are not the same in all columns.
    pub fn nanoseconds(&self) -> String {
        let mut columns = self.columns.clone();
        columns.push("allocations".to_owned());
        let rows = self.rows.iter().map(|(name, cells)| {
            let mut allocations: Vec<u64> =
                cells.iter().flatten().map(|cost| cost.allocations).collect();
            allocations.sort_unstable();
            allocations.dedup();
            let mut row: Vec<String> = cells.iter().map(|cell| median_and_least(*cell)).collect();
            row.push(match allocations[..] {
                [] => "-".to_owned(),
                [one] => one.to_string(),
                [first, .., last] => format!("{first} to {last}"),
            });
            (name.clone(), row)
        });
        self.markdown(&columns, rows)
    }

    /// Times as ratios to the first row, and allocations beyond it.
    pub fn ratios_to_first(&self) -> String {
        let Some((_, first)) = self.rows.first() else { return String::new() };
        let rows = self.rows.iter().enumerate().map(|(at, (name, cells))| {
            let cells = cells.iter().zip(first).map(|(cell, first)| match (cell, first) {
                (Some(_), _) if at == 0 => format!("{} ns", median_and_least(*cell)),
                (Some(cell), Some(first)) => format!(
                    "{:.2}, {:+}",
                    cell.median / first.median,
                    cell.allocations as i64 - first.allocations as i64
                ),
                _ => "-".to_owned(),
            });
            (name.clone(), cells.collect())
        });
        self.markdown(&self.columns, rows)
    }

    fn markdown(
        &self,
        columns: &[String],
        rows: impl Iterator<Item = (String, Vec<String>)>,
    ) -> String {
        let mut text = format!("{}\n\n| | {} |\n|---|", self.title, columns.join(" | "));
        text.push_str(&"--:|".repeat(columns.len()));
        for (name, cells) in rows {
            text.push_str(&format!("\n| {name} | {} |", cells.join(" | ")));
        }
        text.push('\n');
        text
    }
}

fn median_and_least(cost: Option<Cost>) -> String {
    cost.map_or("-".to_owned(), |cost| format!("{} ({})", number(cost.median), number(cost.least)))
}

/// With a space before each group of three digits.
pub fn number(of: f64) -> String {
    let digits = format!("{of:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) && digit.is_ascii_digit() {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}
