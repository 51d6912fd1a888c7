//! Calls one path so many times and does nothing else, to be counted by callgrind. The script
//! `instructions` beside this crate does that.
//!
//! `instructions` lists the paths; `instructions PATH CALLS` calls one.

use std::error::Error;
use std::hint::black_box;

use tower_bearer::Algorithm;
use tower_bearer_peers::case::{Case, Kind};
use tower_bearer_peers::ours;
use tower_bearer_peers::peers::{Layered, axum_jwt_auth};
use tower_bearer_peers::{backend::Backend, raw};

type Path = (&'static str, fn() -> Result<Layered, Box<dyn Error>>);

/// The bare call comes first: making a request is part of every path, and goes when it is
/// subtracted.
const PATHS: [Path; 11] = [
    ("bare", || Ok(ours::bare(&Case::new(Algorithm::HS256)?))),
    ("raw-check-hs256", || Ok(raw::service(&Case::new(Algorithm::HS256)?))),
    ("first-sight-hs256", || Ok(ours::layer(&Case::new(Algorithm::HS256)?))),
    ("seen-before-hs256", || Ok(ours::layer_seen_before(&Case::new(Algorithm::HS256)?))),
    ("never-seen-hs256", || Ok(ours::layer_never_seen(&Case::new(Algorithm::HS256)?))),
    ("axum-jwt-auth-hs256", || {
        Ok(axum_jwt_auth::layer(&Case::new(Algorithm::HS256)?, Backend::AwsLc))
    }),
    ("raw-check-es256", || Ok(raw::service(&Case::new(Algorithm::ES256)?))),
    ("first-sight-es256", || Ok(ours::layer(&Case::new(Algorithm::ES256)?))),
    ("seen-before-es256", || Ok(ours::layer_seen_before(&Case::new(Algorithm::ES256)?))),
    ("no-token", || refused(Kind::NoToken)),
    ("malformed", || refused(Kind::Malformed)),
];

fn refused(kind: Kind) -> Result<Layered, Box<dyn Error>> {
    let case = Case::new(Algorithm::HS256)?;
    Ok(ours::layer(&case).with_input(case.requests(kind)))
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let Some(path) = arguments.next() else {
        PATHS.iter().for_each(|(name, _)| println!("{name}"));
        return Ok(());
    };
    #[cfg(feature = "prometheus")]
    {
        metrics_exporter_prometheus::PrometheusBuilder::new().install_recorder()?;
        tower_bearer::describe_metrics();
    }
    let calls: u32 = arguments.next().ok_or("how many calls?")?.parse()?;
    let (_, candidate) =
        PATHS.iter().find(|(name, _)| *name == path).ok_or("there is no such path")?;
    let mut candidate = candidate()?;
    // Counting allocations takes instructions.
    allocation_counter::opt_out(|| {
        for _ in 0..calls {
            black_box(candidate.once());
        }
    });
    Ok(())
}
