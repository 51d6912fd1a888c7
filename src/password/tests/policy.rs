use crate::{PasswordPolicy, PasswordRule};

#[test]
fn r165_presets() {
    for (policy, minimum) in [
        (PasswordPolicy::default(), 15),
        (PasswordPolicy::nist(), 15),
        (PasswordPolicy::asvs_l1(), 8),
        (PasswordPolicy::default().min_length(8), 8),
        (PasswordPolicy::default().min_length(0), 1),
    ] {
        let short = "x".repeat(minimum - 1);
        assert_eq!(policy.check(&short), Err(PasswordRule::TooShort { minimum }));
        assert_eq!(policy.check(&"x".repeat(minimum)), Ok(()));
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
    ] {
        assert_eq!(rule.to_string(), text);
    }
}
