//! `tasks user import`: users of other programs, their hashes, and the lines that are refused.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::databases::pairs;
use crate::service::{Service, directory, run, run_with, spawn, until};

/// Of the password `correct horse battery staple`.
pub(crate) const BCRYPT: &str = "$2b$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG";
pub(crate) const DJANGO: &str =
    "pbkdf2_sha256$1000$saltsaltsaltsalt12345u$A/SrB91YZDzkURkjWSckI6ds0BeEbwkg2rmJ/QrBq+I=";
const PASSLIB: &str =
    "$pbkdf2-sha256$1000$MDEyMzQ1Njc4OWFiY2RlZg$yqSq2SygY1sB4EcH9f2FG0JTMES.wqLsOT5YmiRBplI";
const SCRYPT: &str =
    "$scrypt$ln=4,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg$0Pz6RuN9WCY6OfE3FYH5Myx0JqvNjul84VbFyWLBf4g";
const PASSWORD: &str = "correct horse battery staple";

/// Imports this text as `users.csv`: exit code, and what is told.
pub(crate) fn import(
    dir: &Path,
    variables: &[(&str, &str)],
    csv: impl AsRef<[u8]>,
) -> (i32, Value) {
    fs::write(dir.join("users.csv"), csv).unwrap();
    let arguments = ["user", "import", "users.csv", "--json"];
    let (code, output, errors) = run_with(dir, variables, &arguments, "");
    assert_eq!(errors, "");
    (code.unwrap(), serde_json::from_str(&output).unwrap())
}

pub(crate) fn counts(told: &Value) -> [u64; 3] {
    ["imported", "already_there", "refused"].map(|count| told[count].as_u64().unwrap())
}

/// Line and reason of each line in the report.
pub(crate) fn report(dir: &Path) -> Vec<(u64, String, String)> {
    let mut reader = csv::Reader::from_path(dir.join("users.csv.refused.csv")).unwrap();
    assert_eq!(reader.headers().unwrap(), vec!["line", "username", "reason"]);
    reader.deserialize().map(Result::unwrap).collect()
}

/// It is about to store the first: the report is written beside its place.
fn has_begun(dir: &Path) -> bool {
    fs::read_dir(dir).unwrap().any(|entry| {
        let name = entry.unwrap().file_name();
        name.to_str().unwrap().starts_with("users.csv.refused.csv.")
    })
}

#[tokio::test]
async fn users_of_other_programs_log_in_with_the_passwords_they_have() {
    let csv = format!(
        "\u{feff}name,username,password_hash,email,email_verified,is_active,scopes,roles\r\n\
         \"Liddell, \"\"Alice\"\"\",Alice,{BCRYPT},alice@example.org,TRUE,,me items:write,teacher\r\n\
         ,bob,{DJANGO},,,1,,\r\n\
         ,carol,\"{SCRYPT}\",,,,me,\r\n\
         ,dave,{PASSLIB},,,false,me,\r\n"
    );
    for (pair, _) in pairs().await {
        let pair: Vec<(&str, &str)> =
            pair.iter().map(|(name, url)| (*name, url.as_str())).collect();
        let dir = directory();
        let (code, told) = import(dir.path(), &pair, &csv);
        assert_eq!((code, counts(&told)), (0, [4, 0, 0]), "{:?}", report(dir.path()));
        let (code, told) = import(dir.path(), &pair, &csv);
        assert_eq!((code, counts(&told)), (0, [0, 4, 0]));

        let service = Service::start_in(dir.into(), &pair);
        let alice = service.log_in("alice", PASSWORD);
        let me = service.ask("GET /users/me", &alice.text("access_token"), "").json();
        assert_eq!(me["username"], "Alice");
        assert_eq!(me["name"], "Liddell, \"Alice\"");
        assert_eq!(
            (&me["email"], &me["email_verified"]),
            (&json!("alice@example.org"), &json!(true))
        );
        assert_eq!(me["scopes"], json!(["me", "items:write"]));
        assert_eq!(me["roles"], json!(["teacher"]));
        assert_eq!(service.log_in("bob", PASSWORD).status, 200);
        assert_eq!(service.log_in("carol", PASSWORD).status, 200);
        assert_ne!(service.log_in("dave", PASSWORD).status, 200, "he is disabled");
        assert_eq!(service.log_in("bob", "something else").status, 400);
        // Their hashes are others since they logged in, which an import can't tell from a stranger's.
        let (code, told) = import(service.dir().path(), &pair, &csv);
        assert_eq!((code, counts(&told)), (1, [0, 1, 3]));
    }
}

#[test]
fn a_line_that_breaks_a_rule_is_refused_and_the_others_are_in() {
    let dir = directory();
    let long = "x".repeat(300);
    let rows: [(&[u8], &str); 20] = [
        (b"alice,$H,a@b.c,,,,", ""),
        (b"a b,$H,,,,,", "character"),
        (b",$H,,,,,", "empty"),
        (b"a@b.c,$H,,,,,", "@"),
        (b"e1,,,,,,", "the password hash is empty"),
        (b"e2,$1$3azHgidD$SrJPt7B.9rekpmwJwtON31,,,,,", "no known form"),
        (b"e3,$2b$15$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG,,,,,", "too much work"),
        (b"e4,secret,,,,,", "no known form"),
        (b"e5,$H,nowhere,,,,", "address"),
        (b"e6,$H,,$L,,,", "256 characters"),
        (b"e7,$H,,,maybe,,", "is_active is neither true nor false"),
        (b"e8,$H,,,,a\"b,", "scope"),
        (b"e9,$H,,\"two\nlines\",,,", "control"),
        (b"f1,$H,,,,", "6 fields instead of 7"),
        (b"f2,$H,,,,,,", "8 fields instead of 7"),
        (b"f3,$H,,\xff,,,", "name is not UTF-8"),
        (b"ALICE,$D,,,,,", "another password hash"),
        (b"Alice,$H,a@b.c,,,,", "already there"),
        (b"f4,$H,A@B.C,,,,", "another user has this e-mail address"),
        (b"zed,$H,z@b.c,,,,", ""),
    ];
    let mut csv = b"username,password_hash,email,name,is_active,scopes,roles\n".to_vec();
    let (mut expected, mut line) = (Vec::new(), 2);
    for (row, reason) in rows {
        let parts = row.split(|byte| *byte == b'$').enumerate();
        let mut written = Vec::new();
        for (at, part) in parts {
            let (stand_in, rest) = part.split_at(usize::from(at > 0 && !part.is_empty()));
            match stand_in {
                b"H" => written.extend_from_slice(BCRYPT.as_bytes()),
                b"D" => written.extend_from_slice(DJANGO.as_bytes()),
                b"L" => written.extend_from_slice(long.as_bytes()),
                _ => {
                    written.extend_from_slice(if at > 0 { b"$" } else { b"" });
                    written.extend_from_slice(stand_in);
                }
            }
            written.extend_from_slice(rest);
        }
        csv.extend_from_slice(&written);
        csv.push(b'\n');
        if !matches!(reason, "" | "already there") {
            expected.push((line, reason));
        }
        line += 1 + row.iter().filter(|byte| **byte == b'\n').count() as u64;
    }

    for dry_run in [true, false] {
        fs::write(dir.path().join("users.csv"), &csv).unwrap();
        let options: &[&str] = if dry_run { &["--dry-run"] } else { &[] };
        let arguments = [&["user", "import", "users.csv"], options].concat();
        let (code, output, errors) = run(dir.path(), &arguments);
        assert_eq!((code, errors.as_str()), (Some(1), ""));
        let would = if dry_run { "would be " } else { "" };
        let told = format!("2 users {would}imported, 1 were there already, 17 refused: see ");
        assert!(output.starts_with(&told), "{output} {:?}", report(dir.path()));
        let refused = report(dir.path());
        for ((line, _, reason), (at, expected)) in refused.iter().zip(&expected) {
            assert!(line == at && reason.contains(expected), "{line} {reason}: {at} {expected}");
        }
        assert_eq!(refused.len(), expected.len());
        let written = fs::read_to_string(dir.path().join("users.csv.refused.csv")).unwrap();
        assert!(!written.contains('$') && !written.contains("secret"), "{written}");
        let (_, listed, _) = run(dir.path(), &["user", "list"]);
        assert_eq!(listed.lines().count(), if dry_run { 0 } else { 2 });
    }
    let arguments = ["user", "import", "users.csv", "--report", "elsewhere.csv"];
    assert_eq!(run(dir.path(), &arguments).0, Some(1));
    let written = fs::read_to_string(dir.path().join("elsewhere.csv")).unwrap();
    assert_eq!(written.lines().count(), 18);
}

#[test]
fn an_import_that_was_killed_is_repeated() {
    let dir = directory();
    let mut csv = String::from("password_hash,username\n");
    for number in 0..6000 {
        csv.push_str(&format!("{BCRYPT},user{number}\n"));
    }
    fs::write(dir.path().join("users.csv"), &csv).unwrap();
    fs::write(dir.path().join("users.csv.refused.csv"), "of an earlier run").unwrap();
    let mut killed = spawn(dir.path(), &["user", "import", "users.csv", "--json"]);
    until(|| has_begun(dir.path()).then_some(()));
    killed.kill().unwrap();
    killed.wait().unwrap();
    let kept = fs::read_to_string(dir.path().join("users.csv.refused.csv")).unwrap();
    assert_eq!(kept, "of an earlier run");

    let (code, told) = import(dir.path(), &[], &csv);
    let [imported, already_there, refused] = counts(&told);
    assert_eq!((code, imported + already_there, refused), (0, 6000, 0));
    assert_eq!(report(dir.path()), []);
    let (code, told) = import(dir.path(), &[], &csv);
    assert_eq!((code, counts(&told)), (0, [0, 6000, 0]));
}

#[cfg(unix)]
#[test]
fn an_import_that_is_interrupted_says_how_far_it_came() {
    let dir = directory();
    let mut csv = String::from("password_hash,username\n");
    for number in 0..40_000 {
        csv.push_str(&format!("{BCRYPT},user{number}\n"));
    }
    fs::write(dir.path().join("users.csv"), &csv).unwrap();
    let interrupted = spawn(dir.path(), &["user", "import", "users.csv", "--json"]);
    until(|| has_begun(dir.path()).then_some(()));
    let id = interrupted.id().to_string();
    assert!(
        std::process::Command::new("kill").args(["-s", "INT", &id]).status().unwrap().success()
    );
    let output = interrupted.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["stopped"], json!(true));
    let [imported, already_there, refused] = counts(&told);
    assert!(imported < 40_000 && already_there + refused == 0, "{told}");
    let (_, listed, _) = run(dir.path(), &["user", "list"]);
    assert_eq!(listed.lines().count() as u64, imported);
}

#[test]
fn a_file_that_is_no_list_of_users_is_not_begun() {
    let dir = directory();
    let fails = |csv: &[u8], reason: &str| {
        fs::write(dir.path().join("users.csv"), csv).unwrap();
        let (code, output, errors) = run(dir.path(), &["user", "import", "users.csv"]);
        assert_eq!((code, output.as_str()), (Some(1), ""));
        assert!(errors.starts_with("tasks: users.csv: ") && errors.contains(reason), "{errors}");
    };
    fails(b"", "username is missing");
    fails(b"username,hash\n", "there is no column \"hash\"");
    fails(b"username,email\n", "password_hash is missing");
    fails(b"username,password_hash,username\n", "username is there twice");
    fails(
        "username,password_hash\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect::<Vec<u8>>()
            .as_slice(),
        "column",
    );
    let (code, _, errors) = run(dir.path(), &["user", "import", "none.csv", "--json"]);
    let error: Value = serde_json::from_str(&errors).unwrap();
    assert_eq!((code, &error["error"]), (Some(1), &json!("file")));
}
