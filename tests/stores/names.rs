//! The rule of user names and e-mail addresses.

use tower_bearer::{Email, EmailError, LoginName, Username, UsernameError};

use crate::support::{email, username};

#[test]
fn r108_case_and_unicode_forms_have_one_key() {
    for (one, other) in [
        ("Alice_1", "ALICE_1"),
        ("Zo\u{eb}", "ZOE\u{308}"),
        ("Ａｌｉｃｅ", "alice"),
        ("Ωmega", "ωMEGA"),
        ("ガ", "ｶﾞ"),
    ] {
        assert_eq!(username(one).key(), username(other).key(), "{one} {other}");
    }
    assert_eq!(username("Alice_1").as_str(), "Alice_1");
    assert_eq!(username("Zoe\u{308}").as_str(), "Zo\u{eb}");
    // Cyrillic а.
    assert_ne!(username("alice").key(), username("\u{430}lice").key());
}

#[test]
fn r108_spaces_controls_and_invisible_characters_are_refused() {
    for text in [
        " alice",
        "alice ",
        "al ice",
        "al\0ice",
        "\0",
        "al\nice",
        "al\tice",
        "al\u{7f}ice",
        "al\u{85}ice",
        "al\u{a0}ice",
        "al\u{200b}ice",
        "al\u{200d}ice",
        "al\u{202e}ice",
        "al\u{2066}ice",
        "al\u{feff}ice",
        "al\u{ad}ice",
        "al\u{3000}ice",
        "al\u{e000}ice",
        "al\u{fffd}ice",
        "ﬁsh",
        "😀",
        // Mixed directions (RFC 5893, section 2).
        "alice\u{5d0}",
    ] {
        assert_eq!(Username::new(text), Err(UsernameError::Character), "{text:?}");
        let address = format!("{text}@example.com");
        assert_eq!(Email::new(&address), Err(EmailError::Character), "{address:?}");
    }
}

#[test]
fn r108_no_username_passes_for_an_email() {
    for text in ["@", "a@b", "alice@example.com", "alice＠example.com", "a b@c"] {
        assert_eq!(Username::new(text), Err(UsernameError::AtSign), "{text:?}");
    }
}

#[test]
fn r108_usernames_have_1_to_64_characters() {
    assert_eq!(Username::new(""), Err(UsernameError::Empty));
    assert_eq!(username("a").as_str(), "a");
    // Characters, not bytes; those of the form that is shown.
    for letter in ["a", "ä", "漢", "a\u{308}"] {
        let longest = letter.repeat(64);
        assert_eq!(username(&longest).as_str().chars().count(), 64);
        assert_eq!(Username::new(&letter.repeat(65)), Err(UsernameError::TooLong), "{letter}");
    }
    assert_eq!(Username::new(&"a".repeat(1 << 20)), Err(UsernameError::TooLong));
}

/// What is shown must lead to the same account.
#[test]
fn r108_the_rule_is_stable_for_every_character() {
    let mut allowed = 0;
    for character in '\0'..=char::MAX {
        // Alone, and where it can compose with what stands before it.
        for text in [character.to_string(), format!("e{character}")] {
            let Ok(name) = Username::new(&text) else { continue };
            allowed += 1;
            let again = username(name.as_str());
            assert_eq!(again, name, "{text:?}");
            // The lower case of some letters is younger than the tables of RFC 8264, and refused.
            if let Ok(key) = Username::new(name.key()) {
                assert_eq!(key.key(), name.key(), "{text:?}");
            }
        }
    }
    assert!(allowed > 100_000, "{allowed}");
}

#[test]
fn r108_emails_have_one_key_and_keep_their_look() {
    for (one, other) in [
        ("Alice@Example.com", "aLICE@eXAMPLE.COM"),
        ("zo\u{eb}@ex\u{e4}mple.de", "ZOE\u{308}@EXA\u{308}MPLE.DE"),
        ("alice@example.com", "ａｌｉｃｅ＠ｅｘａｍｐｌｅ．ｃｏｍ"),
    ] {
        assert_eq!(email(one).key(), email(other).key(), "{one} {other}");
    }
    assert_eq!(email("O'Brien+Tag.X@Example.com").as_str(), "O'Brien+Tag.X@Example.com");
    assert_eq!(email("O'Brien+Tag.X@Example.com").key(), "o'brien+tag.x@example.com");
    // Right-to-left before the @, left-to-right behind it.
    assert_eq!(email("\u{5d0}\u{5d1}@example.com").key(), "\u{5d0}\u{5d1}@example.com");
}

#[test]
fn r108_emails_have_one_at_sign_and_no_empty_part() {
    for text in [
        "",
        "@",
        "a",
        "a@",
        "@b",
        "a@@b",
        "a@b@c",
        "a＠b@c",
        "a@b＠c",
        "a@.b",
        "a@b.",
        "a@b..c",
        "alice.example.com",
    ] {
        assert_eq!(Email::new(text), Err(EmailError::Form), "{text:?}");
    }
    assert_eq!(email("a@b").key(), "a@b");
}

#[test]
fn r108_emails_have_at_most_254_bytes() {
    let address = |bytes: usize| format!("{}@example.com", "a".repeat(bytes - 12));
    assert_eq!(email(&address(254)).key().len(), 254);
    assert_eq!(Email::new(&address(255)), Err(EmailError::TooLong));
    assert_eq!(Email::new(&"@".repeat(1 << 20)), Err(EmailError::TooLong));
}

#[test]
fn r108_login_names_follow_the_rule_of_register() {
    assert_eq!(LoginName::new("ALICE"), Some(LoginName::Username(username("ALICE"))));
    for text in ["Alice@Example.com", "Alice＠Example.com"] {
        assert_eq!(LoginName::new(text), Some(LoginName::Email(email("Alice@Example.com"))));
    }
    for text in ["", " ", "a b", "a@", "a\0", "a\0@b.c"] {
        assert_eq!(LoginName::new(text), None, "{text:?}");
    }
}

#[test]
fn r171_reasons_are_constant_texts() {
    assert_eq!(UsernameError::Empty.to_string(), UsernameError::Empty.reason());
    assert_eq!(EmailError::Form.to_string(), EmailError::Form.reason());
}
