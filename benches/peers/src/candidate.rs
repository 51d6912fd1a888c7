//! What is measured, and how: medians of interleaved batches.

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::backend::Backend;

/// Calls between two looks at the clock, at the most: many for the clock, few for the requests to
/// stay in the caches.
const BATCH: usize = 32;

/// What a batch takes where one call takes less. The system lets a process run for milliseconds, so
/// that it interrupts few batches of this length, and no median.
const BATCH_TIME: Duration = Duration::from_micros(100);

/// Calls before each batch, at the most, not timed: another candidate had the caches before.
const WARM_UP: usize = 8;

/// Batches of each candidate at the least, however long they take.
const LEAST_BATCHES: usize = 100;

/// A way to do something, by us or by a peer. Its input is made outside the measured part; the call
/// consumes it, and its drop is inside.
pub struct Candidate<I, O> {
    pub name: String,
    backend: Backend,
    input: Box<dyn FnMut() -> I>,
    call: Box<dyn FnMut(I) -> O>,
}

/// Of one call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// Nanoseconds.
    pub median: f64,
    /// Nanoseconds, of the fastest batch.
    pub least: f64,
    pub allocations: u64,
}

impl<I: 'static, O: 'static> Candidate<I, O> {
    pub fn new(
        name: impl Into<String>,
        input: impl FnMut() -> I + 'static,
        call: impl FnMut(I) -> O + 'static,
    ) -> Self {
        let (input, call) = (Box::new(input), Box::new(call));
        Self { name: name.into(), backend: Backend::AwsLc, input, call }
    }

    /// With a backend of jsonwebtoken, which its name says then too.
    #[must_use]
    pub fn with_backend(self, backend: Backend) -> Self {
        let name = format!("{}, {}", self.name, backend.name());
        Self { name, backend, ..self }
    }

    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
    }

    #[must_use]
    pub fn with_input(self, input: impl FnMut() -> I + 'static) -> Self {
        Self { input: Box::new(input), ..self }
    }

    /// What comes of an input.
    pub fn outcome(&mut self, input: I) -> O {
        self.backend.choose();
        (self.call)(input)
    }

    /// What comes of its own input.
    pub fn once(&mut self) -> O {
        let input = (self.input)();
        self.outcome(input)
    }

    pub fn allocations(&mut self) -> u64 {
        // What is made once, at the first call, is not the call's.
        drop(self.once());
        let input = (self.input)();
        allocation_counter::measure(|| drop(black_box((self.call)(input)))).count_total
    }

    /// The time of so many calls, made in batches.
    pub fn time(&mut self, calls: u64) -> Duration {
        let calls = usize::try_from(calls).unwrap_or(usize::MAX);
        let mut elapsed = Duration::ZERO;
        for _ in 0..calls / BATCH {
            elapsed += self.batch(BATCH);
        }
        elapsed + self.batch(calls % BATCH)
    }

    fn batch_size(&mut self) -> usize {
        let fastest = (0..5).map(|_| self.batch(1)).min().unwrap_or_default();
        let calls = BATCH_TIME.as_nanos() / fastest.as_nanos().max(1);
        usize::try_from(calls).unwrap_or(BATCH).clamp(1, BATCH)
    }

    fn batch(&mut self, calls: usize) -> Duration {
        self.backend.choose();
        for _ in 0..WARM_UP.min(calls) {
            drop(black_box((self.call)((self.input)())));
        }
        let inputs: Vec<I> = (0..calls).map(|_| (self.input)()).collect();
        let begin = Instant::now();
        for input in inputs {
            drop(black_box((self.call)(input)));
        }
        begin.elapsed()
    }
}

/// Times all candidates in turn, batch by batch, so that whatever else the machine does and
/// whatever its clock does hits all alike. Takes `time` for each of them.
pub fn measure<I: 'static, O: 'static>(
    candidates: &mut [Candidate<I, O>],
    time: Duration,
) -> Vec<Cost> {
    let allocations: Vec<u64> = candidates.iter_mut().map(Candidate::allocations).collect();
    let mut batches: Vec<Vec<f64>> = vec![Vec::new(); candidates.len()];
    // Counting takes time, and what is timed must not be counted.
    allocation_counter::opt_out(|| {
        let sizes: Vec<usize> = candidates.iter_mut().map(Candidate::batch_size).collect();
        let end = Instant::now() + time * u32::try_from(candidates.len()).unwrap_or(u32::MAX);
        while batches[0].len() < LEAST_BATCHES || Instant::now() < end {
            for ((candidate, size), batches) in candidates.iter_mut().zip(&sizes).zip(&mut batches)
            {
                batches.push(candidate.batch(*size).as_nanos() as f64 / *size as f64);
            }
        }
    });
    batches
        .into_iter()
        .zip(allocations)
        .map(|(mut batches, allocations)| {
            batches.sort_unstable_by(f64::total_cmp);
            Cost { median: batches[batches.len() / 2], least: batches[0], allocations }
        })
        .collect()
}
