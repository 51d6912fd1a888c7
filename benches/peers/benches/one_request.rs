//! What a request costs with tower-bearer, with its peers, and at the least. docs/PERFORMANCE.md
//! says how to read it.
//!
//! `cargo bench --bench one_request`, with the names of groups and algorithms to run no others:
//! `cargo bench --bench one_request -- layer HS256`. `--quick` takes a tenth of the time.

use std::error::Error;
use std::time::Duration;

use http::StatusCode;
use tower_bearer::{Algorithm, Verifier};
use tower_bearer_peers::candidate::{Candidate, measure};
use tower_bearer_peers::case::{ALGORITHMS, Case};
use tower_bearer_peers::growth::{self, Column};
use tower_bearer_peers::limits::Limits;
use tower_bearer_peers::peers::Layered;
use tower_bearer_peers::report::{Table, number};
use tower_bearer_peers::{groups, ours};

fn main() -> Result<(), Box<dyn Error>> {
    let run = Run::of_arguments();
    let cases: Vec<Case> = ALGORITHMS
        .into_iter()
        .filter(|algorithm| run.has(algorithm.name(), &ALGORITHMS.map(|it| it.name())))
        .map(Case::new)
        .collect::<Result<_, _>>()?;
    let mut limits = Limits::default();
    if run.group("verify") {
        println!("{}", run.table("Verify alone, ns", &cases, groups::verify).nanoseconds());
    }
    if run.group("layer") {
        let table = run.table("A layer around a ready service, ns", &cases, groups::layer);
        println!("{}", table.nanoseconds());
        for case in &cases {
            limits.first_sight(&table, case.algorithm.name());
            limits.seen_before(&table, case.algorithm.name());
        }
    }
    if run.group("policy") {
        let title = "A layer, a scope policy and the claims as a type, ns";
        println!("{}", run.table(title, &cases, groups::policy).nanoseconds());
    }
    if run.group("refuse") {
        for case in &cases {
            let name = case.algorithm.name();
            let mut table = Table::new(format!("Refusals at {name}: time / bare, allocations"));
            for (kind, column) in groups::REFUSED {
                run.column(&mut table, column, groups::refuse(case, kind));
            }
            println!("{}", table.ratios_to_first());
            limits.no_token(&table, name, groups::REFUSED[0].1);
        }
    }
    if run.group("issue") {
        println!("{}", run.table("Issue a token, ns", &cases, groups::issue).nanoseconds());
    }
    if run.group("growth") {
        println!("{}", run.columns("With the token's size, ns", growth::token_sizes()?));
        println!("{}", run.columns("With the number of keys, ns", growth::keys()?));
        println!("{}", run.columns("With the number of issuers, ns", growth::issuers()?));
        println!("{}", run.columns("With the number of tokens remembered, ns", run.cache()?));
        let case = Case::new(Algorithm::HS256)?;
        println!("HS256, requests made and served a second, by one thread and by two:\n");
        println!("{}", run.threads("first sight", &ours::verifier(&case), &case));
        println!("{}\n", run.threads("one token, seen before", &ours::cached(&case), &case));
    }
    for case in &cases {
        let (claims, token) = case.sizes();
        println!("{}: claims of {claims} bytes, a token of {token}", case.algorithm.name());
    }
    println!("\n{}", limits.markdown());
    Ok(())
}

const GROUPS: [&str; 6] = ["verify", "layer", "policy", "refuse", "issue", "growth"];

/// What was asked for on the command line.
struct Run {
    words: Vec<String>,
    is_quick: bool,
    time: Duration,
}

impl Run {
    fn of_arguments() -> Self {
        let words: Vec<String> = std::env::args().skip(1).collect();
        let is_quick = words.iter().any(|word| word == "--quick");
        let time = Duration::from_millis(if is_quick { 30 } else { 300 });
        Self { words, is_quick, time }
    }

    /// Whether one of a family is asked for: where none of it is, all are.
    fn has(&self, name: &str, family: &[&str]) -> bool {
        let named = |name: &str| self.words.iter().any(|word| word == name);
        named(name) || !family.iter().any(|name| named(name))
    }

    fn group(&self, name: &str) -> bool {
        self.has(name, &GROUPS)
    }

    fn table<I: 'static, O: 'static>(
        &self,
        title: &str,
        cases: &[Case],
        group: fn(&Case) -> Vec<Candidate<I, O>>,
    ) -> Table {
        let mut table = Table::new(title);
        for case in cases {
            self.column(&mut table, case.algorithm.name(), group(case));
        }
        table
    }

    fn column<I: 'static, O: 'static>(
        &self,
        table: &mut Table,
        name: &str,
        mut candidates: Vec<Candidate<I, O>>,
    ) {
        let costs = measure(&mut candidates, self.time);
        table.column(name, candidates.into_iter().map(|it| it.name).zip(costs));
    }

    /// All of a table in turn.
    fn columns(&self, title: &str, columns: Vec<Column>) -> String {
        let lengths: Vec<(String, usize)> =
            columns.iter().map(|(name, rows)| (name.clone(), rows.len())).collect();
        let mut all: Vec<Layered> = columns.into_iter().flat_map(|(_, rows)| rows).collect();
        for candidate in &mut all {
            assert_eq!(candidate.once(), StatusCode::OK, "{title}, {}", candidate.name);
        }
        let costs = measure(&mut all, self.time);
        let mut costs = all.into_iter().map(|it| it.name).zip(costs);
        let mut table = Table::new(title);
        for (name, length) in lengths {
            table.column(name, costs.by_ref().take(length));
        }
        table.nanoseconds()
    }

    /// A million tokens take a gigabyte or two, and a while.
    fn cache(&self) -> Result<Vec<Column>, Box<dyn Error>> {
        let most = if self.is_quick { 10_000 } else { 1_000_000 };
        growth::cache(&[1, 100, 10_000, 1_000_000].map(|tokens| tokens.min(most)))
    }

    /// Medians of turns of one thread and of two.
    fn threads(&self, name: &str, verifier: &Verifier, case: &Case) -> String {
        let mut of: [Vec<f64>; 2] = [Vec::new(), Vec::new()];
        for _ in 0..7 {
            for (threads, turns) in (1..).zip(&mut of) {
                turns.push(growth::calls_a_second(verifier, case, threads, self.time));
            }
        }
        let [one, two] = of.map(|mut turns| {
            turns.sort_unstable_by(f64::total_cmp);
            turns[turns.len() / 2]
        });
        format!("- {name}: {}, {}, {:.2} times as many", number(one), number(two), two / one)
    }
}
