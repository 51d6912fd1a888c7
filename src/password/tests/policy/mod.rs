mod blocklist;
mod breach;
#[cfg(feature = "zxcvbn")]
mod score;

use crate::{PasswordPolicy, PasswordRule};

/// On no list, and of any length.
fn uncommon(length: usize) -> String {
    "\u{e4}vq7".chars().cycle().take(length).collect()
}

#[test]
fn r165_presets() {
    for (policy, minimum) in [
        (PasswordPolicy::default(), 15),
        (PasswordPolicy::nist(), 15),
        (PasswordPolicy::nist_mfa(), 8),
        (PasswordPolicy::asvs_l1(), 8),
        (PasswordPolicy::default().min_length(8), 8),
        (PasswordPolicy::default().min_length(0), 1),
    ] {
        let short = uncommon(minimum - 1);
        assert_eq!(policy.check(&short), Err(PasswordRule::TooShort { minimum }));
        assert_eq!(policy.check(&uncommon(minimum)), Ok(()));
    }
}

#[test]
fn r166_code_points_count_after_normalisation() {
    let policy = PasswordPolicy::default().min_length(2);
    assert_eq!(policy.check("\u{1f44d}\u{1f3fd}"), Ok(()));
    let too_short = Err(PasswordRule::TooShort { minimum: 2 });
    assert_eq!(policy.check("\u{1f44d}"), too_short);
    assert_eq!(policy.check("a\u{308}"), too_short);
}

#[test]
fn r167_long_passwords_and_all_characters_are_taken() {
    let policy = PasswordPolicy::nist();
    let printing: String = (' '..='~').collect();
    for password in [printing.as_str(), &" ".repeat(15), &"\u{1f40e}".repeat(64), &"x".repeat(1024)]
    {
        assert_eq!(policy.check(password), Ok(()), "{password}");
    }
}

#[test]
fn r160_the_policy_refuses_what_the_hasher_would() {
    let too_long = Err(PasswordRule::TooLong { maximum_bytes: 1024 });
    assert_eq!(PasswordPolicy::nist().check(&"x".repeat(1025)), too_long);
    assert_eq!(PasswordPolicy::nist().check(&"\u{e4}".repeat(513)), too_long);
}

#[test]
fn r171_the_rule_is_told() {
    for (rule, text) in [
        (PasswordRule::TooShort { minimum: 8 }, "the password needs at least 8 characters"),
        (PasswordRule::TooShort { minimum: 1 }, "the password needs at least 1 character"),
        (PasswordRule::TooLong { maximum_bytes: 1024 }, "the password has more than 1024 bytes"),
        (
            PasswordRule::Composition,
            "the password needs an upper-case letter, a lower-case letter, a digit and a symbol",
        ),
        (PasswordRule::Common, "the password is on a list of common passwords"),
        (
            PasswordRule::Name,
            "the password is little more than a name of its user or of the service",
        ),
        (PasswordRule::Guessable, "the password is too easy to guess"),
        (PasswordRule::Breached, "the password has appeared in a data breach"),
    ] {
        assert_eq!(rule.to_string(), text);
    }
}

#[test]
fn r168_no_preset_of_a_standard_asks_for_kinds_of_characters() {
    let policies = [PasswordPolicy::nist(), PasswordPolicy::nist_mfa(), PasswordPolicy::asvs_l1()];
    for policy in policies {
        for password in [
            "lower case letters",
            "UPPER CASE LETTERS",
            "7261958403917264",
            "\u{4e2d}\u{6587}".repeat(8).as_str(),
            "!?=)(/&%$#+*~-_.:",
        ] {
            assert_eq!(policy.check(password), Ok(()), "{password}");
        }
    }
}

#[test]
fn r168_composition_is_a_preset_of_its_own() {
    let policy = PasswordPolicy::composition();
    for passed in ["Vq7-vq7-", "\u{c4}\u{e4}\u{663}\u{b7}vqvq", "Vq7 vq7 !"] {
        assert_eq!(policy.check(passed), Ok(()), "{passed}");
    }
    for refused in ["vq7-vq7-", "VQ7-VQ7-", "Vqx-vqx-", "Vq7xvq7x", "Vq7 vq7 ", "Vq7\u{7}vq7\u{7}"]
    {
        assert_eq!(policy.check(refused), Err(PasswordRule::Composition), "{refused:?}");
    }
    assert_eq!(policy.check("Vq7-"), Err(PasswordRule::TooShort { minimum: 8 }));
    assert_eq!(policy.check("P@ssw0rd"), Err(PasswordRule::Common), "kinds are not enough");
}

#[test]
fn presets_have_names_for_settings() {
    for (name, expected) in [
        ("nist", PasswordPolicy::nist()),
        ("nist-mfa", PasswordPolicy::nist_mfa()),
        ("asvs", PasswordPolicy::asvs_l1()),
        ("composition", PasswordPolicy::composition()),
    ] {
        let policy: PasswordPolicy = name.parse().unwrap();
        assert_eq!(format!("{policy:?}"), format!("{expected:?}"), "{name}");
    }
    for name in ["", "NIST", "nist ", "none"] {
        let error = name.parse::<PasswordPolicy>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "the password policy is not valid: use `nist`, `nist-mfa`, `asvs` or `composition`"
        );
    }
}
