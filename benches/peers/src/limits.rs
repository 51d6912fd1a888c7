//! What has to hold between the numbers of one run.

use crate::candidate::Cost;
use crate::groups::{BARE, BARE_JSON, OURS, RAW, SEEN_BEFORE};
use crate::report::{Table, number};

/// A layer for a token seen for the first time, beyond the bare call: of the fastest peer.
const FIRST_SIGHT: f64 = 0.40;
/// The same with a public key, beyond the bare call with a raw check: nanoseconds.
const BEYOND_THE_CHECK: f64 = 1000.0;
/// A layer for a token that was seen before, beyond the bare call: of the fastest peer.
const SEEN_BEFORE_OF_PEER: [(&str, f64); 2] = [("HS256", 0.08), ("ES256", 0.006)];
const SEEN_BEFORE_ALLOCATIONS: f64 = 3.0;
/// A refusal of a request without a token: of the bare call.
const NO_TOKEN: f64 = 3.0;

pub struct Limits(Vec<String>);

impl Default for Limits {
    fn default() -> Self {
        let head = "| ratio | measured | limit | |\n|---|--:|--:|---|";
        Self(vec!["Limits".to_owned(), String::new(), head.to_owned()])
    }
}

impl Limits {
    pub fn first_sight(&mut self, layer: &Table, algorithm: &str) {
        let of = |name: &str| layer.cost(|row| row == name, algorithm);
        let (Some(bare), Some(ours), Some(raw)) = (of(BARE), of(OURS), of(RAW)) else { return };
        if algorithm == "HS256" {
            for two_claims in [false, true] {
                let Some((peer, fastest)) = fastest_peer(layer, algorithm, two_claims) else {
                    return;
                };
                let what = format!("first sight, {algorithm}: (layer - bare) / ({peer} - bare)");
                let ratio = (ours.median - bare.median) / (fastest.median - bare.median);
                self.add(what, ratio, FIRST_SIGHT, 2, "");
            }
        } else {
            self.add(
                format!("first sight, {algorithm}: layer - bare call with a raw check"),
                ours.median - raw.median,
                BEYOND_THE_CHECK,
                0,
                " ns",
            );
        }
    }

    pub fn seen_before(&mut self, layer: &Table, algorithm: &str) {
        let Some((_, limit)) = SEEN_BEFORE_OF_PEER.iter().find(|(name, _)| *name == algorithm)
        else {
            return;
        };
        let of = |name: &str| layer.cost(|row| row == name, algorithm);
        let (Some(bare), Some(ours)) = (of(BARE), of(SEEN_BEFORE)) else { return };
        for two_claims in [false, true] {
            let Some((peer, fastest)) = fastest_peer(layer, algorithm, two_claims) else { return };
            let what = format!("seen before, {algorithm}: (layer - bare) / ({peer} - bare)");
            let ratio = (ours.median - bare.median) / (fastest.median - bare.median);
            self.add(what, ratio, *limit, 4, "");
        }
        let allocations = (ours.allocations - bare.allocations) as f64;
        let what = format!("seen before, {algorithm}: allocations beyond the bare call");
        self.add(what, allocations, SEEN_BEFORE_ALLOCATIONS, 0, "");
    }

    pub fn no_token(&mut self, refused: &Table, algorithm: &str, column: &str) {
        let of = |name: &str| refused.cost(|row| row == name, column);
        for call in [BARE, BARE_JSON] {
            let (Some(bare), Some(ours)) = (of(call), of(OURS)) else { return };
            let what = format!("no token, {algorithm}: layer / {call}");
            self.add(what, ours.median / bare.median, NO_TOKEN, 2, "");
        }
    }

    fn add(&mut self, what: String, measured: f64, limit: f64, digits: usize, unit: &str) {
        let verdict = if measured <= limit { "holds" } else { "**does not hold**" };
        let text = |value: f64| match digits {
            0 => format!("{}{unit}", number(value)),
            _ => format!("{value:.digits$}{unit}"),
        };
        self.0.push(format!("| {what} | {} | {} | {verdict} |", text(measured), text(limit)));
    }

    pub fn markdown(&self) -> String {
        self.0.join("\n")
    }
}

/// Of those that are not ours, and that read all claims or two of them.
fn fastest_peer<'a>(
    layer: &'a Table,
    algorithm: &str,
    two_claims: bool,
) -> Option<(&'a str, Cost)> {
    layer
        .rows()
        .filter(|name| name.contains("two claims") == two_claims)
        .filter(|name| ![BARE, BARE_JSON, RAW].contains(name) && !name.starts_with(OURS))
        .filter_map(|name| Some((name, layer.cost(|row| row == name, algorithm)?)))
        .min_by(|(_, one), (_, other)| one.median.total_cmp(&other.median))
}
