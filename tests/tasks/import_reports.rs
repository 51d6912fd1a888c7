//! The report of `tasks user import`, and what an import does not change.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::imports::{BCRYPT, DJANGO, counts, import, report};
use crate::servers::postgres;
use crate::service::{directory, run, run_with};

#[cfg(unix)]
#[test]
fn a_report_takes_the_place_of_no_file_but_a_report() {
    use std::os::unix::fs::symlink;

    let csv = format!("username,password_hash\nalice,{BCRYPT}\nbob,secret\n");
    let elsewhere = directory();
    let kept = elsewhere.path().join("kept");
    for dry_run in [&[][..], &["--dry-run"]] {
        let dir = directory();
        let at = |name: &str| dir.path().join(name);
        fs::write(at("users.csv"), &csv).unwrap();
        fs::write(&kept, "kept").unwrap();
        fs::hard_link(at("users.csv"), at("hard.csv")).unwrap();
        symlink("users.csv", at("link.csv")).unwrap();
        symlink(&kept, at("other.csv")).unwrap();
        symlink("nowhere", at("dangling.csv")).unwrap();
        fs::create_dir(at("directory")).unwrap();
        let absolute = at("users.csv");
        let refused = |options: &[&str], reason: &str| {
            let arguments = [&["user", "import", "users.csv"], dry_run, options].concat();
            let (code, output, errors) = run(dir.path(), &arguments);
            assert_eq!((code, output.as_str()), (Some(2), ""), "{arguments:?}: {errors}");
            assert!(errors.contains(reason), "{arguments:?}: {errors}");
            assert_eq!(fs::read_to_string(at("users.csv")).unwrap(), csv, "{arguments:?}");
            assert_eq!(fs::read_to_string(&kept).unwrap(), "kept", "{arguments:?}");
            assert!(!at("tasks.db").exists(), "{arguments:?}: no database was made");
        };
        for same in ["users.csv", "./users.csv", absolute.to_str().unwrap(), "hard.csv"] {
            refused(&["--report", same], "the report would take the place of the users");
        }
        for other in ["link.csv", "other.csv", "dangling.csv", "directory", "/dev/null"] {
            refused(&["--report", other], "no regular file");
        }
        let arguments = ["user", "import", "link.csv", "--report", "users.csv"];
        assert_eq!(run(dir.path(), &[&arguments, dry_run].concat()).0, Some(2));
        assert_eq!(fs::read_to_string(at("users.csv")).unwrap(), csv);
        symlink(&kept, at("users.csv.refused.csv")).unwrap();
        refused(&[], "no regular file");
        assert_eq!(fs::read_link(at("users.csv.refused.csv")).unwrap(), kept);

        // Where nothing is in the way, one is written in a dry run, too, and nothing else is left.
        fs::remove_file(at("users.csv.refused.csv")).unwrap();
        for _ in ["the first", "one in the place of the first"] {
            let arguments = [&["user", "import", "users.csv"], dry_run].concat();
            assert_eq!(run(dir.path(), &arguments).0, Some(1));
            assert_eq!(report(dir.path()).len(), 1);
        }
        let reports = fs::read_dir(dir.path()).unwrap().filter(|entry| {
            entry.as_ref().unwrap().file_name().to_str().unwrap().contains("refused")
        });
        assert_eq!(reports.count(), 1);
    }
}

#[test]
fn a_name_in_the_report_is_no_formula() {
    let dir = directory();
    let csv = format!(
        "username,password_hash\n\
         \"=HYPERLINK(\"\"http://evil.example\"\",\"\"x\"\")\",secret\n\
         +1,secret\n\
         -1,secret\n\
         @SUM(1),secret\n\
         \"\t=1\",secret\n\
         \"\r=2\",secret\n\
         a=b,secret\n\
         =taken,{BCRYPT}\n\
         =taken,{DJANGO}\n"
    );
    let (code, told) = import(dir.path(), &[], csv);
    assert_eq!((code, counts(&told)), (1, [1, 0, 8]), "{:?}", report(dir.path()));
    let names: Vec<String> = report(dir.path()).into_iter().map(|(_, name, _)| name).collect();
    let expected = [
        "'=HYPERLINK(\"http://evil.example\",\"x\")",
        "'+1",
        "'-1",
        "'@SUM(1)",
        "'=1",
        "'=2",
        "a=b",
        "'=taken",
    ];
    assert_eq!(names, expected);
}

#[test]
fn a_user_who_is_there_with_other_columns_is_not_changed_and_it_is_told() {
    const COLUMNS: &str =
        "username,password_hash,email,email_verified,name,is_active,scopes,roles\n";
    let line = |rest: &str| format!("{COLUMNS}alice,{BCRYPT},{rest}\n");
    let first = "a@b.c,true,Alice,true,me items:read,teacher editor";
    let dir = directory();
    let (code, told) = import(dir.path(), &[], line(first));
    assert_eq!((code, counts(&told)), (0, [1, 0, 0]));
    let listed = || run(dir.path(), &["user", "list", "--json"]).1;
    let before = listed();
    let dry_run = |dir: &Path, csv: String| -> [u64; 3] {
        fs::write(dir.join("users.csv"), csv).unwrap();
        let arguments = ["user", "import", "users.csv", "--dry-run", "--json"];
        let told: Value = serde_json::from_str(&run(dir, &arguments).1).unwrap();
        counts(&told)
    };
    // In one file in a dry run, as in two runs: no store is there to ask.
    let twice = |rest: &str| {
        let empty = directory();
        let csv = format!("{}alice,{BCRYPT},{rest}\n", line(first));
        let told = dry_run(empty.path(), csv);
        (told, report(empty.path()).into_iter().map(|(.., reason)| reason).collect::<Vec<_>>())
    };

    // In another order they are the same.
    let same = "a@b.c,true,Alice,true,items:read me,editor teacher";
    let (code, told) = import(dir.path(), &[], line(same));
    assert_eq!((code, counts(&told)), (0, [0, 1, 0]), "{:?}", report(dir.path()));
    assert_eq!(twice(same), ([1, 1, 0], vec![]));
    for (other, columns) in [
        ("x@b.c,true,Alice,true,me items:read,teacher editor", "email"),
        ("a@b.c,false,Alice,true,me items:read,teacher editor", "email_verified"),
        ("a@b.c,true,Bob,true,me items:read,teacher editor", "name"),
        ("a@b.c,true,Alice,false,me items:read,teacher editor", "is_active"),
        ("a@b.c,true,Alice,true,me,teacher editor", "scopes"),
        ("a@b.c,true,Alice,true,me items:read,teacher", "roles"),
        (",false,,true,me,admin", "email, email_verified, name, scopes, roles"),
    ] {
        let reason = format!("there already, and not changed, with another: {columns}");
        assert_eq!(dry_run(dir.path(), line(other)), [0, 0, 1]);
        let (code, told) = import(dir.path(), &[], line(other));
        assert_eq!((code, counts(&told)), (1, [0, 0, 1]));
        assert_eq!(report(dir.path()), [(2, "alice".to_owned(), reason.clone())]);
        assert_eq!(listed(), before);
        assert_eq!(twice(other), ([1, 0, 1], vec![reason]));
    }
}

/// A trigger says so, since no two programs can be brought to do it at the right moment.
#[tokio::test]
async fn a_name_that_was_taken_for_a_moment_is_no_user_who_is_in() {
    let Some(server) = postgres() else { return };
    let dir = directory();
    let name = server.database_name().await;
    let variables = [("DATABASE_URL", &*server.url("postgres", &name))];
    assert_eq!(run_with(dir.path(), &variables, &["user", "list"], "").0, Some(0));
    let trigger = "CREATE FUNCTION taken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         RAISE unique_violation USING CONSTRAINT = 'tower_bearer_users_username'; END $$; \
         CREATE TRIGGER taken BEFORE INSERT ON tower_bearer_users FOR EACH ROW \
         WHEN (NEW.username_key = 'bob') EXECUTE FUNCTION taken()";
    server.execute(&name, trigger).await;
    let csv = format!("username,password_hash\nalice,{BCRYPT}\nbob,{BCRYPT}\n");
    let (code, told) = import(dir.path(), &variables, &csv);
    assert_eq!((code, counts(&told)), (1, [1, 0, 1]));
    let refused = report(dir.path());
    assert!(refused[0].2.contains("meanwhile") && refused[0].2.contains("again"), "{refused:?}");
    server.execute(&name, "DROP TRIGGER taken ON tower_bearer_users").await;
    let (code, told) = import(dir.path(), &variables, &csv);
    assert_eq!((code, counts(&told)), (0, [1, 1, 0]));
}
