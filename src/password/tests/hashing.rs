use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::{Hasher, PASSWORD, PasswordError, cheap_builder, cheap_hasher, verify};
use crate::{ConfigError, OwaspParameters};

#[tokio::test]
async fn r154_the_default_is_what_owasp_recommends() {
    let stored = Hasher::new().hash(PASSWORD).await.unwrap();
    assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
}

#[test]
fn r154_each_recommendation_of_owasp_is_taken() {
    for (memory_kib, iterations) in [(47104, 1), (19456, 2), (12288, 3), (9216, 4), (7168, 5)] {
        let builder = Hasher::builder().memory_kib(memory_kib).iterations(iterations);
        assert!(builder.build().is_ok(), "{memory_kib} KiB, {iterations}");
    }
    assert!(Hasher::builder().memory_kib(65_536).iterations(4).parallelism(4).build().is_ok());
}

#[test]
fn r154_each_recommendation_has_a_name() {
    for (named, memory_kib, iterations) in [
        (OwaspParameters::Memory46MiB, 47_104, 1),
        (OwaspParameters::Memory19MiB, 19_456, 2),
        (OwaspParameters::Memory12MiB, 12_288, 3),
        (OwaspParameters::Memory9MiB, 9_216, 4),
        (OwaspParameters::Memory7MiB, 7_168, 5),
    ] {
        let spelled_out = Hasher::builder().memory_kib(memory_kib).iterations(iterations);
        let named = Hasher::builder().parallelism(4).owasp(named);
        assert_eq!(format!("{named:?}"), format!("{spelled_out:?}"));
    }
}

#[test]
fn r154_weaker_parameters_are_refused() {
    let weaker = [(47103, 1), (19455, 2), (12287, 3), (9215, 4), (7167, 5), (16384, 2), (8, 1000)];
    for (memory_kib, iterations) in weaker {
        let built = Hasher::builder().memory_kib(memory_kib).iterations(iterations).build();
        let expected = ConfigError::WeakPasswordParameters { memory_kib, iterations };
        assert_eq!(built.err(), Some(expected));
    }
    let error = ConfigError::WeakPasswordParameters { memory_kib: 16384, iterations: 2 };
    assert_eq!(
        error.to_string(),
        "argon2id with 16384 KiB of memory and 2 iterations is too weak; use at least 47104 KiB \
         with 1, 19456 with 2, 12288 with 3, 9216 with 4 or 7168 with 5"
    );
}

#[test]
fn settings_out_of_range_are_refused() {
    let builder = Hasher::builder;
    for (name, wrong) in [
        ("no lanes", builder().parallelism(0)),
        ("too many lanes", builder().parallelism(17)),
        ("lanes that overflow", builder().insecure_parameters(u32::MAX, 1, u32::MAX)),
        ("no iterations", builder().iterations(0)),
        ("no iterations, insecure", builder().insecure_parameters(64, 0, 1)),
        ("less than the lanes need", builder().insecure_parameters(15, 1, 2)),
        ("bytes for KiB", builder().memory_kib(19456 * 1024)),
        ("no threads", builder().threads(0)),
        ("too many threads", builder().threads(257)),
        ("no queue", builder().queue(0)),
        ("a queue without end", builder().queue(usize::MAX)),
        ("less than 64 characters", builder().max_password_bytes(255)),
        ("passwords without end", builder().max_password_bytes(usize::MAX)),
    ] {
        assert!(matches!(wrong.build(), Err(ConfigError::InvalidValue { .. })), "{name}");
    }
}

#[tokio::test]
async fn r155_a_hash_is_a_phc_string_with_16_bytes_of_fresh_salt() {
    let hasher = cheap_hasher();
    let first = hasher.hash(PASSWORD).await.unwrap();
    let second = hasher.hash(PASSWORD).await.unwrap();
    let salt = |stored: &str| {
        let fields: Vec<_> = stored.split('$').collect();
        assert_eq!(fields[..4], ["", "argon2id", "v=19", "m=64,t=1,p=1"]);
        assert_eq!(STANDARD_NO_PAD.decode(fields[5]).unwrap().len(), 32);
        assert_eq!(fields.len(), 6);
        STANDARD_NO_PAD.decode(fields[4]).unwrap()
    };
    assert_eq!(salt(&first).len(), 16);
    assert_ne!(salt(&first), salt(&second));
    assert_eq!(verify(&hasher, PASSWORD, &second).await, (true, false));
}

#[tokio::test]
async fn r160_the_whole_password_counts() {
    let hasher = cheap_hasher();
    for length in [1, 72, 73, 128, 1023, 1024] {
        let password = "x".repeat(length);
        let stored = hasher.hash(&password).await.unwrap();
        assert_eq!(verify(&hasher, &password, &stored).await, (true, false), "{length}");
        let shorter = &password[1..];
        assert_eq!(verify(&hasher, shorter, &stored).await, (false, false), "{length}");
        let other_end = format!("{shorter}y");
        assert_eq!(verify(&hasher, &other_end, &stored).await, (false, false), "{length}");
    }
}

#[tokio::test]
async fn r160_spaces_and_nul_count() {
    let hasher = cheap_hasher();
    let stored = hasher.hash(" before\0after ").await.unwrap();
    assert!(verify(&hasher, " before\0after ", &stored).await.0);
    for other in
        [" before\0other ", " before", "before\0after", " before\0after", " BEFORE\0AFTER "]
    {
        assert!(!verify(&hasher, other, &stored).await.0, "{other:?}");
    }
}

#[tokio::test]
async fn r160_a_password_above_the_limit_is_refused_before_any_work() {
    let hasher = cheap_hasher();
    for length in [1025, 1 << 20] {
        let password = "x".repeat(length);
        assert_eq!(hasher.hash(&password).await, Err(PasswordError::TooLong));
        for stored in [None, Some("$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAA")] {
            assert_eq!(hasher.verify(&password, stored).await, Err(PasswordError::TooLong));
        }
    }
    assert_eq!(hasher.computations(), 0);
}

#[tokio::test]
async fn r160_the_limit_counts_bytes_and_can_be_set() {
    let (hasher, _pool) = cheap_builder().max_password_bytes(256).build_apart().unwrap();
    assert!(hasher.hash(&"\u{1f40e}".repeat(64)).await.is_ok());
    assert_eq!(hasher.hash(&"\u{e4}".repeat(129)).await, Err(PasswordError::TooLong));
}

#[tokio::test]
async fn r169_equal_passwords_in_other_unicode_forms_match() {
    let hasher = cheap_hasher();
    let decomposed = "Pa\u{308}sswo\u{308}rt \u{212b}";
    let composed = "P\u{e4}ssw\u{f6}rt \u{c5}";
    let stored = hasher.hash(decomposed).await.unwrap();
    assert_eq!(verify(&hasher, composed, &stored).await, (true, false));
    // NFC keeps what only NFKC would fold together.
    let stored = hasher.hash("\u{fb01}sh and chips").await.unwrap();
    assert!(!verify(&hasher, "fish and chips", &stored).await.0);
}

#[test]
fn r164_normalising_never_moves_the_password() {
    // Three times as long in NFC: the worst case.
    let password = "\u{1d160}".repeat(256);
    let normal = cheap_hasher().prepare(&password).unwrap().text;
    assert_eq!(normal.len(), 3 * password.len());
    assert_eq!(normal.capacity(), 3 * password.len());
}
