//! Secrets in files, and nowhere else.

use super::*;

#[test]
fn a_secret_may_come_from_a_file_without_the_newline_at_its_end() {
    let directory = tempfile::tempdir().unwrap();
    for (end, rest) in [("", ""), ("\n", ""), ("\r\n", ""), ("\n\n", "\n"), (" \n", " ")] {
        let path = file(&directory, "secret", &format!("{SECRET}{end}"));
        let variables = Variables::from_pairs([("A_FILE", path)]);
        let text = { variables }.secret("A");
        assert_eq!(text, Some(format!("{SECRET}{rest}")), "{end:?}");
    }
}

#[test]
fn each_secret_may_and_both_at_once_is_a_fault() {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("DATABASE_URL", "postgres://me:s3cret@host/db"),
        ("REDIS_URL", "redis://:s3cret@host"),
        ("JWT_SECRET", "s3cret-J8yOFyaWR5lcJmWMW2UO3WnF8v0QbIzE"),
        ("PASSWORD_PEPPER", "2026:s3cret-GkJ3CkJi0hPrIxRBNcfGSM1TqZvuTOlnHbFdRl8ZwVo"),
        ("PASSWORD_PREVIOUS_PEPPERS", "2025:s3cret-GkJ3CkJi0hPrIxRBNcfGSM1TqZvuTOlnHbFdRl8ZwVo"),
        ("ADMIN_PASSWORD", "s3cret horse battery"),
    ] {
        let of_file = format!("{name}_FILE");
        let path = file(&directory, name, text);
        let with_file = |also: &[(&str, &str)]| {
            let mut pairs = vec![
                ("JWT_SECRET", SECRET),
                ("JWT_ISSUER", "https://me"),
                ("JWT_AUDIENCE", "api"),
                ("DATABASE_URL", "sqlite://app.db"),
                ("ADMIN_USERNAME", "root"),
                ("ADMIN_PASSWORD", "correct horse battery"),
            ];
            pairs.retain(|(other, _)| *other != name);
            pairs.extend(also);
            pairs.push((&of_file, &path));
            Settings::from_vars(pairs)
        };
        let settings = with_file(&[]).unwrap();
        let shown = format!("{settings:?}");
        assert!(!shown.contains("s3cret") && !shown.contains(SECRET), "{shown}");
        match name {
            "DATABASE_URL" => assert_eq!(settings.database_url(), text),
            "REDIS_URL" => assert_eq!(settings.redis_url(), Some(text)),
            _ => {}
        }
        let both = with_file(&[(name, text)]).unwrap_err();
        let expected = format!("{name} and {of_file} are both set; leave one out");
        assert_eq!(both.to_string(), expected);
    }
}

#[test]
fn a_file_that_is_no_secret_is_a_fault() {
    let directory = tempfile::tempdir().unwrap();
    let path = |path: &str| {
        let mut variables = Variables::from_pairs([("A_FILE", path)]);
        assert_eq!(variables.secret("A"), None);
        variables.finish(Some(())).unwrap_err().to_string()
    };
    let empty = file(&directory, "empty", "\n");
    assert!(path(&empty).starts_with("A_FILE must name a file that is not empty: "));
    for other in [directory.path().to_str().unwrap(), "/no/such/file"] {
        assert!(path(other).starts_with("A_FILE must name a readable file: "), "{other}");
    }
    let large = file(&directory, "large", &"a".repeat(1024 * 1024 + 1));
    assert!(path(&large).ends_with("it has more than 1 MiB"));
    let bytes = directory.path().join("bytes");
    fs::write(&bytes, b"\xff").unwrap();
    assert!(path(bytes.to_str().unwrap()).starts_with("A_FILE must name a readable file: "));
}

#[test]
fn peppers_have_an_id_each() {
    let other = "u7S0pU2Vn1xQdEHdQ3lXcmFqj2bTt9YkKfIW5oLAZrM";
    let current = format!("2026-10:{PEPPER}");
    let previous = format!("2025-04:{other}\n2024-01:{other}\n");
    let changes = [("PASSWORD_PEPPER", current.as_str()), ("PASSWORD_PREVIOUS_PEPPERS", &previous)];
    let settings = read(&changes).unwrap();
    let shown = format!("{:?}", settings.hasher().unwrap());
    assert!(shown.contains(r#"["2026-10", "2025-04", "2024-01"]"#), "{shown}");
    let same = format!("2026-10:{other}");
    let twice = fault(&[changes[0], ("PASSWORD_PREVIOUS_PEPPERS", &same)]);
    assert!(twice.starts_with("PASSWORD_PREVIOUS_PEPPERS: "), "{twice}");
    assert!(twice.contains("two peppers have it") && !twice.contains(other), "{twice}");
}
