use super::{HasherBuilder, PASSWORD, cheap_builder, verify};
use crate::{ConfigError, Hasher};

const NEW: &str = "J8yOFyaWR5lcJmWMW2UO3WnF8v0QbIzE";
const OLD: &str = "u7S0pU2Vn1xQdEHdQ3lXcmFqj2bTt9Yk";

/// Made with the reference implementation in C, through argon2-cffi 25.1.0, with `NEW` as secret.
const VECTOR: &str = "$argon2id$v=19$m=64,t=1,p=1,keyid=MjAyNg$MDEyMzQ1Njc4OWFiY2RlZg$hpI03oBrpdoM8rZMJP8vrJ0wwvKD2ZLWbNlXFuGYvgk";

fn hasher(builder: HasherBuilder) -> Hasher {
    builder.threads(1).build_apart().unwrap().0
}

#[tokio::test]
async fn r162_another_implementation_makes_the_same_hash() {
    let peppered = hasher(cheap_builder().pepper("2026", NEW));
    assert_eq!(verify(&peppered, PASSWORD, VECTOR).await, (true, false));
    assert_eq!(verify(&peppered, "wrong", VECTOR).await, (false, false));
    let misnamed = hasher(cheap_builder().pepper("2026", OLD));
    assert_eq!(verify(&misnamed, PASSWORD, VECTOR).await, (false, false));
}

#[tokio::test]
async fn r162_the_id_of_the_pepper_stands_in_the_hash_and_the_secret_does_not() {
    let peppered = hasher(cheap_builder().pepper("2026", NEW));
    let stored = peppered.hash(PASSWORD).await.unwrap();
    assert!(stored.starts_with("$argon2id$v=19$m=64,t=1,p=1,keyid=MjAyNg$"), "{stored}");
    assert_eq!(verify(&peppered, PASSWORD, &stored).await, (true, false));
    let forged = stored.replace(",keyid=MjAyNg", "");
    assert!(!verify(&peppered, PASSWORD, &forged).await.0, "the pepper counts");
}

#[tokio::test]
async fn r162_hashes_with_an_older_pepper_or_none_are_renewed() {
    let without = hasher(cheap_builder());
    let old = hasher(cheap_builder().pepper("old", OLD));
    let new = hasher(cheap_builder().pepper("new", NEW).previous_pepper("old", OLD));
    let retired = hasher(cheap_builder().previous_pepper("old", OLD));
    for stored in [without.hash(PASSWORD).await.unwrap(), old.hash(PASSWORD).await.unwrap()] {
        assert_eq!(verify(&new, PASSWORD, &stored).await, (true, true), "{stored}");
        assert_eq!(verify(&new, "wrong", &stored).await, (false, false), "{stored}");
    }
    let stored = old.hash(PASSWORD).await.unwrap();
    assert_eq!(verify(&retired, PASSWORD, &stored).await, (true, true), "to none again");
    let fresh = new.hash(PASSWORD).await.unwrap();
    assert_eq!(verify(&new, PASSWORD, &fresh).await, (true, false));
}

#[tokio::test]
async fn r162_an_unknown_pepper_is_no_match_after_one_computation() {
    let stored = hasher(cheap_builder().pepper("old", OLD)).hash(PASSWORD).await.unwrap();
    let without = hasher(cheap_builder());
    let new = hasher(cheap_builder().pepper("new", NEW));
    // IDs are compared as they are.
    let case = hasher(cheap_builder().pepper("OLD", OLD));
    for hasher in [without, new, case] {
        assert_eq!(verify(&hasher, PASSWORD, &stored).await, (false, false));
        assert_eq!(hasher.computations(), 1);
    }
}

#[tokio::test]
async fn r162_a_malformed_key_id_is_no_match() {
    let peppered = hasher(cheap_builder().pepper("2026", NEW));
    for malformed in ["keyid=", "keyid=!!!!", "keyid=MjAyNjIwMjYyMDI2", "keyid=MjAyNg,keyid=MjAyNg"]
    {
        let stored = VECTOR.replace("keyid=MjAyNg", malformed);
        assert_eq!(verify(&peppered, PASSWORD, &stored).await, (false, false), "{malformed}");
    }
}

#[test]
fn r162_weak_peppers_and_bad_ids_are_refused() {
    let builder = || Hasher::builder();
    for (name, wrong) in [
        ("short", builder().pepper("a", &NEW[..31])),
        ("empty", builder().pepper("a", "")),
        ("no ID", builder().pepper("", NEW)),
        ("long ID", builder().pepper("123456789", NEW)),
        ("ID with other characters", builder().pepper("a b", NEW)),
        ("previous", builder().pepper("a", NEW).previous_pepper("b", "short")),
        ("twice", builder().pepper("a", NEW).previous_pepper("a", OLD)),
        ("previous twice", builder().previous_pepper("a", NEW).previous_pepper("a", OLD)),
    ] {
        assert!(matches!(wrong.build(), Err(ConfigError::InvalidValue { .. })), "{name}");
    }
    for weak in ["change me change me change me change me", &"ab".repeat(16)] {
        let built = builder().pepper("a", weak).build();
        assert!(matches!(built, Err(ConfigError::WeakSecret { .. })), "{weak}");
    }
    assert!(builder().pepper("a", "").pepper("a", NEW).build().is_ok(), "the last call counts");
}

#[test]
fn r164_texts_show_no_pepper() {
    let builder = cheap_builder().pepper("new", NEW).previous_pepper("old", OLD);
    let shown = [format!("{builder:?}"), format!("{:?}", hasher(builder))];
    for shown in shown {
        assert!(shown.contains(r#"peppers: ["new", "old"]"#), "{shown}");
        assert!(!shown.contains("J8y") && !shown.contains("u7S") && !shown.contains("74, 56"));
    }
}
