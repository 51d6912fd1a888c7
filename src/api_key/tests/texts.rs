//! The text of a key.

use std::collections::HashSet;

use proptest::prelude::*;
use sha2::{Digest, Sha256};

use crate::api_key::text::{is_prefix, mint, parse};

#[test]
fn r191_a_key_has_256_random_bits_and_a_checksum() {
    let minted = mint("acme_live").unwrap();
    let key = minted.key.as_str();
    let (public, secret) = key.rsplit_once('_').unwrap();
    assert_eq!(public, format!("acme_live_{}", minted.id));
    assert_eq!((minted.id.len(), secret.len()), (24, 64 + 8));
    // What a scanner does.
    let (body, checksum) = key.split_at(key.len() - 8);
    let digest: String = Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(checksum, &digest[..8]);

    let many: Vec<_> = (0..100).map(|_| mint("tb").unwrap()).collect();
    let secrets: HashSet<_> = many.iter().map(|one| &one.key.as_str()[28..]).collect();
    let ids: HashSet<_> = many.iter().map(|one| &one.id).collect();
    assert_eq!((secrets.len(), ids.len()), (100, 100));
}

#[test]
fn r191_what_is_stored_is_the_hash_of_all_of_it() {
    let minted = mint("tb").unwrap();
    let expected: [u8; 32] = Sha256::digest(minted.key.as_str()).into();
    assert_eq!(minted.hash, expected);
    let presented = parse(minted.key.as_str()).unwrap();
    assert_eq!((presented.id, presented.hash), (minted.id.as_str(), minted.hash));
    assert_eq!(format!("{:?}", minted.key), "ApiKey(..)");
}

#[test]
fn prefixes() {
    for good in ["tb", "acme", "acme_live", "a1_2b_c3", "x", "abcdefghijklmnopqrstuvwx"] {
        assert!(is_prefix(good), "{good}");
    }
    let bad =
        ["", "_", "_a", "a_", "a__b", "A", "a-b", "a b", "\u{e4}", "abcdefghijklmnopqrstuvwxy"];
    for bad in bad {
        assert!(!is_prefix(bad), "{bad}");
    }
}

proptest! {
    /// A key has one spelling, and a slip of the pen is seen before the store is asked.
    #[test]
    fn r191_another_character_makes_it_another_text(at in 0_usize..103, other in any::<char>()) {
        let key = mint("tb").unwrap().key.as_str().to_owned();
        prop_assert_eq!(key.len(), 3 + 24 + 1 + 64 + 8);
        let at = at.min(key.len() - 1);
        let changed = format!("{}{other}{}", &key[..at], &key[at + 1..]);
        prop_assert_eq!(parse(&changed).is_some(), changed == key);
    }

    #[test]
    fn any_text_is_read_without_panic(text in any::<String>()) {
        prop_assert!(parse(&text).is_none());
    }

    #[test]
    fn r191_what_looks_like_a_key_has_no_checksum(text in "[a-z0-9]{1,5}_[0-9a-f]{24}_[0-9a-f]{72}") {
        // One in 2^32 has.
        prop_assert!(parse(&text).is_none());
    }

    #[test]
    fn cut_or_grown_it_is_no_key(length in 0_usize..100, more in "[0-9a-f_]{1,8}") {
        let key = mint("tb").unwrap().key.as_str().to_owned();
        prop_assert!(parse(&key[..length]).is_none());
        let (longer, grown) = (format!("{key}{more}"), format!("{more}{key}"));
        prop_assert!(parse(&longer).is_none());
        prop_assert!(parse(&grown).is_none());
    }
}
