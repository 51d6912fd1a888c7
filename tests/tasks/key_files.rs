//! `tasks key`: files of keys are made, rotated under a service that runs, and made anew.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use crate::service::{PASSWORD, Service, directory, refusal, run};

const STABLE: [(&str, &str); 2] =
    [("JWT_KEYS_FILE", "keys.json"), ("JWT_ISSUER", "https://issuer.example")];

/// What a command that succeeds prints: the IDs of the keys, the one that signs first.
fn kids(dir: &Path, arguments: &[&str]) -> Vec<String> {
    let (code, output, errors) = run(dir, arguments);
    assert_eq!((code, errors.as_str()), (Some(0), ""), "{arguments:?}");
    let lines: Vec<Vec<&str>> = output.lines().map(|line| line.split(' ').collect()).collect();
    assert_eq!(lines[0][2], "signs");
    assert!(lines[1..].iter().all(|line| line[2] == "verifies"), "{output}");
    lines.iter().map(|line| line[0].to_owned()).collect()
}

/// As if the keys had been made two days ago.
fn age(file: &Path) {
    let mut set: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    for key in set["keys"].as_array_mut().unwrap() {
        key["iat"] = (key["iat"].as_u64().unwrap() - 2 * 24 * 3600).into();
    }
    fs::write(file, set.to_string()).unwrap();
}

#[test]
fn r186_keys_rotate_from_node_to_node_and_no_request_is_refused() {
    let dir = Arc::new(directory());
    let file = dir.path().join("keys.json");
    let [first, next] = kids(dir.path(), &["key", "new", "keys.json"]).try_into().unwrap();
    let nodes = [0, 1].map(|_| Service::start_in(Arc::clone(&dir), &STABLE));
    let kid = |token: &str| crate::keys::header_of(token)["kid"].as_str().unwrap().to_owned();
    let early = nodes[0].user("alice");
    assert_eq!(kid(&early), first);
    age(&file);

    let rotated = kids(dir.path(), &["key", "rotate", "keys.json"]);
    assert_eq!([&rotated[0], &rotated[2]], [&next, &first]);
    let [old, restarted] = nodes;
    let new = restarted.kill_and_restart(&STABLE);
    let late = new.log_in("alice", PASSWORD).text("access_token");
    assert_eq!(kid(&late), next);
    for node in [&old, &new] {
        for token in [&early, &late] {
            assert_eq!(node.ask("GET /tasks", token, "").status, 200);
        }
    }
    let both = [old.log_in("alice", PASSWORD), new.log_in("alice", PASSWORD)];
    assert_eq!(both.map(|answer| kid(&answer.text("access_token"))), [first, next]);

    // Once more, and the first is gone.
    age(&file);
    kids(dir.path(), &["key", "rotate", "keys.json"]);
    let new = new.kill_and_restart(&STABLE);
    let refused = new.ask("GET /tasks", &early, "");
    assert_eq!((refused.status, refused.text("error").as_str()), (401, "invalid_token"));
    assert_eq!(new.ask("GET /tasks", &late, "").status, 200);
}

#[test]
fn a_file_is_never_lost_by_a_slip() {
    let dir = directory();
    let file = dir.path().join("keys.json");
    kids(dir.path(), &["key", "new", "keys.json"]);
    let before = fs::read_to_string(&file).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let fails = |arguments: &[&str], reason: &str| {
        let (code, output, errors) = run(dir.path(), arguments);
        assert_eq!((code, output.as_str()), (Some(1), ""), "{errors}");
        assert!(errors.starts_with("tasks: ") && errors.contains(reason), "{errors}");
        assert_eq!(fs::read_to_string(&file).unwrap(), before);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "no file is left behind");
    };
    fails(&["key", "new", "keys.json"], "--replace");
    fails(&["key", "new", "no/such/directory/keys.json"], "No such file");
    fails(&["key", "rotate", "keys.json"], "rotate again in 1500 minutes");
    fails(&["key", "rotate", "none.json"], "No such file");
    fails(&["key", "public", "none.json"], "No such file");
    fails(&["key", "new", "other.json", "--algorithm", "RS256"], "openssl genpkey");
    for arguments in [
        &["serve"][..],
        &["key"],
        &["key", "new"],
        &["key", "new", "--algorithm", "ES256"],
        &["key", "new", "other.json", "--algorithm"],
        &["key", "new", "other.json", "--algorithm", "none"],
        &["key", "rotate", "keys.json", "--replace"],
        &["key", "remove", "keys.json"],
    ] {
        let (code, output, errors) = run(dir.path(), arguments);
        assert_eq!((code, output.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(errors.starts_with("error: ") || errors.contains("Usage: tasks "), "{errors}");
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), before);

    kids(dir.path(), &["key", "new", "keys.json", "--algorithm", "HS512", "--replace"]);
    assert!(!fs::read_to_string(&file).unwrap().contains("ES256"));
}

#[test]
fn the_public_keys_are_for_other_services() {
    let dir = Arc::new(directory());
    kids(dir.path(), &["key", "new", "keys.json", "--algorithm", "EdDSA"]);
    let (code, public, _) = run(dir.path(), &["key", "public", "keys.json"]);
    assert_eq!(code, Some(0));
    assert!(!public.contains("\"d\""), "{public}");
    fs::write(dir.path().join("public.json"), &public).unwrap();

    let issuer = Service::start_in(Arc::clone(&dir), &STABLE);
    let token = issuer.user("alice");
    let trusting = [
        ("JWT_TRUSTED_JWKS_FILE", "public.json"),
        STABLE[1],
        ("DATABASE_URL", "sqlite://tasks.db"),
    ];
    let other = Service::start_in(dir, &trusting);
    assert_eq!(other.ask("GET /tasks", &token, "").status, 200);
}

#[test]
fn a_file_of_keys_must_hold_private_ones() {
    let dir = directory();
    kids(dir.path(), &["key", "new", "keys.json"]);
    let (_, public, _) = run(dir.path(), &["key", "public", "keys.json"]);
    for (text, reason) in [
        (public.as_str(), "key 1 of the set: the ES256 key can't be used: it is no private key"),
        ("nonsense", "the key set is not JSON"),
        (r#"{"keys":[]}"#, "no key to sign with"),
    ] {
        fs::write(dir.path().join("keys.json"), text).unwrap();
        let faults = refusal(dir.path(), &STABLE);
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(faults[0].starts_with("JWT_KEYS_FILE \"keys.json\""), "{faults:?}");
        assert!(faults[0].contains(reason), "{faults:?}");
    }
}
