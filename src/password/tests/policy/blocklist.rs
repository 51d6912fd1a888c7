use std::fs;

use crate::{ConfigError, PasswordContext, PasswordPolicy, PasswordRule};

#[test]
fn r170_common_passwords_are_refused_in_any_case() {
    let policy = PasswordPolicy::asvs_l1();
    for common in
        ["password", "PASSWORD", "Password1", "iloveyou", "qwertyuiop", "12345678", "1qaz2wsx"]
    {
        assert_eq!(policy.check(common), Err(PasswordRule::Common), "{common}");
    }
    let policy = PasswordPolicy::nist();
    for common in ["000000000000000", "123456789987654321", "Manchesterunited"] {
        assert_eq!(policy.check(common), Err(PasswordRule::Common), "{common}");
    }
    assert_eq!(PasswordPolicy::asvs_l1().check("correct horse"), Ok(()));
}

/// Dates alone, of which nobody would have to count the others.
#[test]
fn r170_the_list_has_more_than_3000_passwords_of_8_characters() {
    let policy = PasswordPolicy::asvs_l1();
    let dates = (1..=31).flat_map(|day| {
        (1..=12).flat_map(move |month| {
            (1950..2020).map(move |year| format!("{day:02}{month:02}{year}"))
        })
    });
    let count = dates.filter(|date| policy.check(date) == Err(PasswordRule::Common)).count();
    assert!(count >= 3000, "{count}");
}

#[test]
fn r170_a_service_blocks_words_of_its_own() {
    let policy = PasswordPolicy::asvs_l1().block(["Gr\u{fc}ne Wiese"]).block(["blue meadow"]);
    for blocked in ["gr\u{fc}ne wiese", "GR\u{dc}NE WIESE", "gru\u{308}ne wiese", "Blue Meadow"] {
        assert_eq!(policy.check(blocked), Err(PasswordRule::Common), "{blocked}");
    }
    assert_eq!(policy.check("gr\u{fc}ne wiesen"), Ok(()), "the whole password is compared");
    assert_eq!(PasswordPolicy::asvs_l1().check("blue meadow"), Ok(()), "another policy");
}

#[test]
fn r170_a_file_adds_to_the_list() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("blocked.txt");
    let policy = || PasswordPolicy::asvs_l1().block(["blue meadow"]);
    fs::write(&path, "purple meadow\r\n\nshort\nYellow Meadow").unwrap();
    let extended = policy().blocklist_file(&path).unwrap();
    for blocked in ["Purple Meadow", "yellow meadow", "blue meadow"] {
        assert_eq!(extended.check(blocked), Err(PasswordRule::Common), "{blocked}");
    }
    assert!(format!("{extended:?}").contains("Blocklist(3)"), "the short line is left out");

    fs::write(&path, b"purple meadow\n\xff\xfe\n").unwrap();
    let not_text = policy().blocklist_file(&path).unwrap_err();
    let missing = policy().blocklist_file(directory.path().join("none.txt")).unwrap_err();
    let folder = policy().blocklist_file(directory.path()).unwrap_err();
    let unreadable = "the file can't be read; check its path and its permissions";
    for (error, expected) in [
        (not_text, "the file is not UTF-8; convert it"),
        (missing, unreadable),
        (folder, unreadable),
    ] {
        assert_eq!(error, ConfigError::InvalidValue { setting: "blocklist", rule: expected });
    }
}

#[test]
fn r170_names_of_the_user_and_the_service_are_no_password() {
    let policy = PasswordPolicy::asvs_l1().service_name("Meadow Tasks");
    let context = PasswordContext::new()
        .username("J\u{fc}rgen.M\u{fc}ller")
        .email("mail+wombat@example.com")
        .name("Jo");
    for refused in [
        "ju\u{308}rgen.mu\u{308}ller",
        "J\u{dc}RGEN2026",
        "m\u{fc}llerm\u{fc}ller",
        "1234567m\u{fc}ller",
        "wombat!!!",
        "meadowtasks7",
        "x-Meadow-Tasks-x",
        "JuM\u{fc}llerWombat12",
    ] {
        assert_eq!(policy.check_with(refused, &context), Err(PasswordRule::Name), "{refused}");
        assert!(policy.check(refused) == Ok(()) || refused.to_lowercase().contains("meadow"));
    }
    for passed in ["12345-78m\u{fc}ller", "a wombat in the tree", "jojojojo-jo", "example.com!"] {
        assert_eq!(policy.check_with(passed, &context), Ok(()), "{passed}");
    }
}

#[test]
fn r170_names_take_no_part_in_a_password_without_them() {
    // Less than 8 characters pass where the service says so.
    let policy = PasswordPolicy::asvs_l1().min_length(6);
    let context = PasswordContext::new().username("wombat");
    assert_eq!(policy.check_with("vq7-vq", &context), Ok(()));
    assert_eq!(policy.check_with("wombatvq7-vq", &context), Ok(()));
    assert_eq!(policy.check_with("wombatvq7-v", &context), Err(PasswordRule::Name));
}

#[test]
fn r164_texts_show_neither_names_nor_words() {
    let context = PasswordContext::new().username("wombat");
    assert_eq!(format!("{context:?}"), "PasswordContext { names: 1 }");
    let policy = PasswordPolicy::nist().block(["blue meadow"]);
    assert!(!format!("{policy:?}").contains("blue"));
}
