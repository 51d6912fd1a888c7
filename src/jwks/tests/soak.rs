//! Many threads, one cache, and keys that rotate under them (requirement 189). It takes a second, or as
//! many as `SOAK_SECONDS` says.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, RwLock};
use std::time::Instant;

use tokio::runtime::Runtime;

use super::*;
use crate::TokenCache;

const THREADS: usize = 8;
/// Short of the 8 minutes after which keys are due at the earliest, and long enough for that to be
/// sure: they are 10 minutes good.
const ROUND: Duration = Duration::from_secs(9 * 60 + 1);

/// How long tokens live, in minutes: some end within a few rounds, some outlive their key.
const LIVES: [u32; 4] = [5, 15, 25, 24 * 60];
const OF_EACH: usize = 3;
const TOKENS_A_KEY: usize = LIVES.len() * OF_EACH;

/// A token of a key.
struct Issued {
    text: String,
    ends: Duration,
    /// Whether the provider has taken the key back, and that has come here.
    withdrawn: Arc<AtomicBool>,
}

#[derive(Default)]
struct Tallies {
    checks: AtomicU64,
    accepted: AtomicU64,
    withdrawn: AtomicU64,
    expired: AtomicU64,
    wrong: AtomicU64,
}

struct Soak {
    runtime: Runtime,
    provider: Provider,
    clock: Clock,
    verifier: Verifier,
    /// Those of the last few rounds.
    issued: RwLock<Vec<Arc<Issued>>>,
    over: AtomicBool,
    tallies: Tallies,
}

impl Soak {
    fn new(first: &Key) -> Self {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(2).enable_all().build().unwrap();
        let clock = Clock::manual(NOW);
        let provider = Provider { network: Network::new(), clock: clock.clone() };
        provider.publish(&[first]);
        let builder = provider.builder(provider.keys()).leeway(Duration::ZERO);
        let remote = runtime.block_on(builder.build()).unwrap();
        let own = OwnIssuer::for_tests().verifier().unwrap();
        let verifier = Verifier::of_issuers([remote, own]).unwrap();
        // Nothing but the keys and `exp` ends what it knows.
        let verifier = verifier.cached(TokenCache::new(10_000).lifetime(Duration::MAX));
        Self {
            runtime,
            provider,
            clock,
            verifier,
            issued: RwLock::default(),
            over: AtomicBool::new(false),
            tallies: Tallies::default(),
        }
    }

    fn issue(&self, key: &Key, withdrawn: &Arc<AtomicBool>) {
        let mut issued = self.issued.write().unwrap();
        let excess = issued.len().saturating_sub(4 * TOKENS_A_KEY);
        issued.drain(..excess);
        for minutes in LIVES {
            let life = MINUTE * minutes;
            let issuer = key.issuer.clone().clock(self.clock.clone());
            let issuer = issuer.access_token_lifetime(life);
            for _ in 0..OF_EACH {
                let ends = Duration::from_secs(self.clock.now().as_secs()) + life;
                let text = issuer.issue(&Grant::new("alice")).unwrap();
                issued.push(Arc::new(Issued { text, ends, withdrawn: Arc::clone(withdrawn) }));
            }
        }
    }

    /// Has whoever knocks verify tokens, at random, until it is over.
    fn verify(&self, seed: usize) {
        let mut random = seed as u64 + 1;
        while !self.over.load(Ordering::SeqCst) {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let token = {
                let issued = self.issued.read().unwrap();
                // Mostly those of the key of this round.
                let among = if random >> 62 == 0 { issued.len() } else { TOKENS_A_KEY };
                Arc::clone(&issued[issued.len() - 1 - (random >> 33) as usize % among])
            };
            // What is so before it begins is so when it ends.
            let withdrawn = token.withdrawn.load(Ordering::SeqCst);
            let expired = self.clock.now() >= token.ends;
            let result = self.runtime.block_on(verify(&self.verifier, &token.text));
            let tally = |count: &AtomicU64| count.fetch_add(1, Ordering::Relaxed);
            tally(&self.tallies.checks);
            match result {
                Ok(_) if withdrawn || expired => tally(&self.tallies.wrong),
                Ok(_) => tally(&self.tallies.accepted),
                Err(_) if withdrawn => tally(&self.tallies.withdrawn),
                Err(_) if expired => tally(&self.tallies.expired),
                Err(_) => 0,
            };
        }
    }

    /// Replaces the key, and waits until that has come here.
    fn rotate(&self, round: u64, old: &Key, new: &Key, withdrawn: &AtomicBool) {
        let old = kid(old);
        self.provider.publish(&[new]);
        self.clock.advance(ROUND);
        if round.is_multiple_of(2) {
            let token = self.provider.token(new);
            let result = self.runtime.block_on(verify(&self.verifier, &token));
            assert!(result.is_ok(), "{result:?}");
        }
        // Every other time nobody comes with a new token: those that are remembered wake the task.
        loop {
            let status = self.verifier.key_status();
            if status[0].key_ids().all(|id| id != old) {
                break;
            }
            std::thread::yield_now();
        }
        withdrawn.store(true, Ordering::SeqCst);
    }
}

/// Ends the threads, though a rotation should panic.
struct End<'s>(&'s AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

fn kid(key: &Key) -> &str {
    key.jwk["kid"].as_str().unwrap()
}

#[test]
fn r189_threads_with_rotating_keys_never_get_a_token_that_should_be_refused() {
    let seconds = std::env::var("SOAK_SECONDS").map_or(1, |seconds| seconds.parse().unwrap());
    let (begin, time) = (Instant::now(), Duration::from_secs(seconds));
    let mut key = Key::new("0");
    let mut withdrawn = Arc::new(AtomicBool::new(false));
    let soak = Soak::new(&key);
    soak.issue(&key, &withdrawn);
    let mut rounds = 0;
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let soak = &soak;
            scope.spawn(move || soak.verify(thread));
        }
        let _end = End(&soak.over);
        // However busy the machine is.
        while begin.elapsed() < time || rounds < 4 {
            let checks = soak.tallies.checks.load(Ordering::SeqCst);
            let next = Key::new(&(rounds + 1).to_string());
            soak.rotate(rounds, &key, &next, &withdrawn);
            (key, withdrawn) = (next, Arc::new(AtomicBool::new(false)));
            soak.issue(&key, &withdrawn);
            rounds += 1;
            while soak.tallies.checks.load(Ordering::SeqCst) < checks + 2_000 {
                std::thread::yield_now();
            }
        }
    });
    let read = |count: &AtomicU64| count.load(Ordering::SeqCst);
    let Tallies { checks, accepted, withdrawn, expired, wrong } = &soak.tallies;
    let counters = soak.verifier.cache_counters().unwrap();
    println!(
        "{rounds} rotations, {} checks: {} accepted, {} of withdrawn keys refused, {} expired \
         refused; {} hits, {} misses",
        read(checks),
        read(accepted),
        read(withdrawn),
        read(expired),
        counters.hits(),
        counters.misses(),
    );
    assert_eq!(read(wrong), 0, "of {} checks", read(checks));
    assert!(read(withdrawn) > 0 && read(expired) > 0, "else it has tried nothing");
    assert!(counters.hits() > read(checks) / 20, "{counters:?}");
}
