//! The candidates of `one_request` under criterion, one after the other, for its statistics and its
//! baselines: `cargo bench --bench criterion -- HS256/layer`. Ratios between candidates are better
//! taken from `one_request`, which runs them in turn.

use std::error::Error;
use std::time::Duration;

use criterion::Criterion;
use tower_bearer_peers::candidate::Candidate;
use tower_bearer_peers::case::{ALGORITHMS, Case};
use tower_bearer_peers::groups;

fn main() -> Result<(), Box<dyn Error>> {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    for algorithm in ALGORITHMS {
        let case = Case::new(algorithm)?;
        let name = algorithm.name();
        group(&mut criterion, format!("{name}/verify"), groups::verify(&case));
        group(&mut criterion, format!("{name}/layer"), groups::layer(&case));
        group(&mut criterion, format!("{name}/policy"), groups::policy(&case));
        for (kind, title) in groups::REFUSED {
            group(&mut criterion, format!("{name}/{title}"), groups::refuse(&case, kind));
        }
        group(&mut criterion, format!("{name}/issue"), groups::issue(&case));
    }
    criterion.final_summary();
    Ok(())
}

fn group<I: 'static, O: 'static>(
    criterion: &mut Criterion,
    name: String,
    candidates: Vec<Candidate<I, O>>,
) {
    let mut group = criterion.benchmark_group(name);
    for mut candidate in candidates {
        let name = candidate.name.clone();
        // Counting allocations takes time.
        allocation_counter::opt_out(|| {
            group
                .bench_function(name, |bencher| bencher.iter_custom(|calls| candidate.time(calls)));
        });
    }
    group.finish();
}
