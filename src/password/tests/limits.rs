use super::{Hasher, PASSWORD, cheap, hash_with, verify};
use crate::password::parameters::Parameters;

/// Well formed, with these parameters.
fn asking(parameters: &str) -> String {
    format!(
        "$argon2id$v=19${parameters}$MDEyMzQ1Njc4OWFiY2RlZg\
         $aq42HBL+IPAitHspChw/8mx5JRX2jFDkTmlsBskwH/0"
    )
}

#[tokio::test]
async fn r163_hostile_parameters_are_no_match_after_one_cheap_computation() {
    let (hasher, pool) = cheap(1, 8);
    let hostile = [
        "m=4194304,t=1,p=1",
        "m=4294967295,t=4294967295,p=16777215",
        "m=4294967296,t=1,p=1",
        "m=131073,t=1,p=1",
        "m=131072,t=5,p=1",
        "m=64,t=8193,p=1",
        "m=64,t=4294967295,p=1",
        "m=136,t=1,p=17",
        "m=131072,t=1,p=16777215",
        "m=64,t=1,p=536870913",
        "m=64,t=1,p=9",
        "m=64,t=0,p=1",
        "m=64,t=1,p=0",
        "m=0,t=1,p=1",
        "m=7,t=1,p=1",
    ];
    for (count, parameters) in (1..).zip(hostile) {
        let found = verify(&hasher, PASSWORD, &asking(parameters)).await;
        assert_eq!(found, (false, false), "{parameters}");
        assert_eq!(hasher.computations(), count, "{parameters}");
        assert_eq!(pool.run(|memory| memory.len()).await, Ok(64), "{parameters}");
    }
}

#[test]
fn r163_the_limits_hold_the_defaults_of_other_frameworks() {
    let of =
        |memory_kib, iterations, parallelism| Parameters { memory_kib, iterations, parallelism };
    let current = Parameters::DEFAULT;
    for common in [of(102_400, 2, 8), of(65_536, 4, 1), of(65_536, 3, 4), of(131_072, 4, 16)] {
        assert!(common.acceptable_to(current), "{common:?}");
    }
    for dear in [of(131_073, 1, 1), of(131_072, 5, 1), of(8, 65_537, 1), of(65_536, 1, 17)] {
        assert!(!dear.acceptable_to(current), "{dear:?}");
        // What the hasher makes itself, it verifies.
        assert_eq!(dear.acceptable_to(dear), dear.parallelism <= 16, "{dear:?}");
    }
}

#[tokio::test]
async fn r163_a_foreign_hash_takes_more_memory_only_while_it_is_verified() {
    let (hasher, pool) = cheap(1, 8);
    let _ = hasher.verify(PASSWORD, None).await.unwrap();
    assert_eq!(pool.run(|memory| memory.len()).await, Ok(64));
    let foreign = hash_with(4096, 1, 1).await;
    assert_eq!(verify(&hasher, PASSWORD, &foreign).await, (true, false));
    assert_eq!(pool.run(|memory| memory.len()).await, Ok(0), "given back");
    let own = hasher.hash(PASSWORD).await.unwrap();
    assert_eq!(verify(&hasher, PASSWORD, &own).await, (true, false));
    assert_eq!(pool.run(|memory| memory.len()).await, Ok(64));
}

#[tokio::test]
async fn memory_that_the_system_does_not_have_is_refused_without_a_panic() {
    let (_, pool) = cheap(1, 8);
    let refused = pool.run(|memory| memory.blocks(usize::MAX / 1024).is_none()).await;
    assert_eq!(refused, Ok(true));
    let taken = pool.run(|memory| memory.blocks(8).map(|blocks| blocks.len())).await;
    assert_eq!(taken, Ok(Some(8)));
}

#[tokio::test]
async fn threads_keep_the_memory_of_the_most_demanding_hasher() {
    let (small, pool) = cheap(1, 8);
    let large = Hasher::builder().insecure_parameters(256, 1, 1).on_pool(pool.clone());
    let _ = large.verify(PASSWORD, None).await.unwrap();
    let _ = small.verify(PASSWORD, None).await.unwrap();
    assert_eq!(pool.run(|memory| memory.len()).await, Ok(256));
}
