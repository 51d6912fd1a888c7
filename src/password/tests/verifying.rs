use super::{Hasher, PASSWORD, cheap_hasher, hash_with, verify};

/// Made with argon2-cffi 25.1.0, which wraps the reference implementation in C. The salt is
/// `0123456789abcdef` but for the last, which has `12345678`.
const VECTORS: [&str; 7] = [
    "$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$gy5SuVm5Z7Vw7keB9se9p87QGcomaseB/S2U1OhTsM0",
    "$argon2id$v=19$m=64,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$aq42HBL+IPAitHspChw/8mx5JRX2jFDkTmlsBskwH/0",
    "$argon2id$v=19$m=65536,t=3,p=4$MDEyMzQ1Njc4OWFiY2RlZg$77UfmnZYT23WpPeUKhovauWm5OxRQv9nTf1dJ+tF5EY",
    "$argon2i$v=19$m=64,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$tTEGqyzWgE8XeFIcVmGNBy2ro7tX1aVB4Lm/p52JsIo",
    "$argon2i$v=16$m=64,t=2,p=2$MDEyMzQ1Njc4OWFiY2RlZg$lPACpPkPiMykMxd/TMu+i3AF5D6hKYapSm4DwI+dNG0",
    "$argon2d$v=19$m=64,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$ieoA3l7PS/I3ikiFn012V+F3IzsQbtSPrjbzufF2dPM",
    "$argon2id$v=19$m=64,t=2,p=1$MTIzNDU2Nzg$pEdfIseDseXp2JX5HKhCmw",
];

#[tokio::test]
async fn r156_hashes_made_by_another_implementation_match() {
    let hasher = cheap_hasher();
    for stored in VECTORS {
        assert!(verify(&hasher, PASSWORD, stored).await.0, "{stored}");
        assert!(!verify(&hasher, "correct horse battery stapl", stored).await.0, "{stored}");
    }
    // The reference implementation reads a hash without a version as version 16.
    let versionless = VECTORS[4].replace("v=16$", "");
    assert!(verify(&hasher, PASSWORD, &versionless).await.0);
}

#[tokio::test]
async fn r169_another_implementation_hashes_the_same_bytes() {
    let hasher = cheap_hasher();
    let of_nfc = "$argon2id$v=19$m=64,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$ebfW+egUPW8r/FprVxis/5V6mjyDMynhqlgengKrrHk";
    assert!(verify(&hasher, "Pa\u{308}sswo\u{308}rt \u{212b}", of_nfc).await.0);
    let with_nul = "$argon2id$v=19$m=64,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$U9yLUvB49UGMd/CKp7lSsgjyKaqQwO/OC6DohBshfNs";
    assert!(verify(&hasher, "before\0after", with_nul).await.0);
}

#[tokio::test]
async fn r156_an_unknown_form_is_no_match_after_one_computation() {
    let right = VECTORS[1];
    let unknown = [
        String::new(),
        "plain text".to_owned(),
        "$".repeat(1 << 20),
        "$2b$12$abcdefghijklmnopqrstuuJ0Xq5bQ6cYV2sDk9mJ0n1vS8yQeH6mO".to_owned(),
        right.replace("argon2id", "argon2x"),
        right.replace("v=19", "v=20"),
        right.replace("m=64,", ""),
        right.replace(",p=1", ""),
        right.replace("m=64", "m=064"),
        right.replace("m=64", "m=-64"),
        right.replace("m=64", "m=64,m=64"),
        right.replace("p=1", "p=1,data=AAAA"),
        right.replace("p=1", "p=1,keyid=AAAA"),
        right.replace("MDEyMzQ1Njc4OWFiY2RlZg", "MDEy"),
        right.replace("MDEyMzQ1Njc4OWFiY2RlZg", "MDEyMzQ1Njc4OWFiY2RlZ!"),
        format!("{right}$"),
        format!("{right} "),
        format!(" {right}"),
        right.rsplit_once('$').unwrap().0.to_owned(),
        format!("{}$AAAA", right.rsplit_once('$').unwrap().0),
        format!("{}$", right.rsplit_once('$').unwrap().0),
        format!("{right}AAAA"),
    ];
    let hasher = cheap_hasher();
    for (count, stored) in (1..).zip(&unknown) {
        let beginning: String = stored.chars().take(99).collect();
        assert_eq!(verify(&hasher, PASSWORD, stored).await, (false, false), "{beginning}");
        assert_eq!(hasher.computations(), count, "{beginning}");
    }
}

#[tokio::test]
async fn r179_an_unknown_user_costs_as_much_as_a_wrong_password() {
    let hasher = cheap_hasher();
    let stored = hasher.hash(PASSWORD).await.unwrap();
    assert_eq!(hasher.computations(), 1);
    let wrong = hasher.verify("a wrong password", Some(&stored)).await;
    assert_eq!(hasher.computations(), 2);
    let unknown = hasher.verify("a wrong password", None).await;
    assert_eq!(hasher.computations(), 3);
    assert_eq!(wrong, unknown);
}

#[tokio::test]
async fn r179_no_password_matches_an_unknown_user() {
    let hasher = cheap_hasher();
    for password in ["", "\0", PASSWORD] {
        assert!(!hasher.verify(password, None).await.unwrap().is_match());
    }
}

#[tokio::test]
async fn r179_the_dummy_takes_the_current_parameters() {
    let builder = Hasher::builder().insecure_parameters(96, 3, 1);
    let (hasher, pool) = builder.threads(1).build_apart().unwrap();
    let _ = hasher.verify(PASSWORD, None).await.unwrap();
    // The only computation of this thread took the memory of the current parameters.
    assert_eq!(pool.run(|memory| memory.len()).await, Ok(96));
}

#[tokio::test]
async fn r157_weaker_hashes_are_due_for_a_new_one() {
    let hasher = cheap_hasher();
    for weaker in [VECTORS[3], VECTORS[4], VECTORS[5], VECTORS[6]] {
        assert_eq!(verify(&hasher, PASSWORD, weaker).await, (true, true), "{weaker}");
        assert_eq!(verify(&hasher, "wrong", weaker).await, (false, false), "{weaker}");
    }
    let stronger = Hasher::builder().insecure_parameters(64, 2, 1).threads(1);
    let (stronger, _pool) = stronger.build_apart().unwrap();
    for weaker in [hash_with(64, 1, 1).await, hash_with(63, 2, 1).await, hash_with(32, 1, 1).await]
    {
        assert_eq!(verify(&stronger, PASSWORD, &weaker).await, (true, true), "{weaker}");
    }
}

#[tokio::test]
async fn r157_equal_and_stronger_hashes_stay() {
    let hasher = cheap_hasher();
    // The last differs in its lanes alone.
    for (memory_kib, iterations, lanes) in
        [(64, 1, 1), (65, 1, 1), (64, 2, 1), (128, 9, 1), (64, 1, 2)]
    {
        let stored = hash_with(memory_kib, iterations, lanes).await;
        assert_eq!(verify(&hasher, PASSWORD, &stored).await, (true, false), "{stored}");
    }
    assert_eq!(verify(&hasher, PASSWORD, VECTORS[0]).await, (true, false));
}

#[test]
fn r157_between_recommendations_the_whole_cost_decides() {
    use crate::password::parameters::Parameters;

    let of = |memory_kib, iterations| Parameters { memory_kib, iterations, parallelism: 1 };
    for (stored, current, outdated) in [
        (of(19456, 2), of(47104, 1), true),
        (of(47104, 1), of(19456, 2), false),
        (of(12288, 3), of(9216, 4), true),
        (of(65536, 3), of(19456, 4), false),
        // Below every recommendation, however many its iterations.
        (of(4096, 1000), of(19456, 2), true),
    ] {
        assert_eq!(stored.outdated_by(current), outdated, "{stored:?} -> {current:?}");
    }
}
