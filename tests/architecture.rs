//! Reads `src/` and fails on an import that the architecture forbids.
//!
//! The tables below are the rules; `docs/ARCHITECTURE.md` says what they are for. What counts is
//! code: comments, strings and tests may name what they like.

#[path = "architecture/checker.rs"]
mod checker;
#[path = "architecture/paths.rs"]
mod paths;
#[path = "architecture/tokens.rs"]
mod tokens;

use std::fs;
use std::path::Path;

use checker::{Checker, Module};

/// Every module, bottom up, and what of ours it may import beside [`BOTTOM`]. A module names
/// only what stands above it in this table, so nothing points back up.
const MODULES: &[Module] = &[
    // The name of an algorithm is part of what a configuration error says.
    Module { name: "error", imports: &["key::Algorithm"] },
    Module { name: "clock", imports: &["error::ConfigError"] },
    Module { name: "trace", imports: &[] },
    Module { name: "meter", imports: &["error", "clock"] },
    Module { name: "random", imports: &["error::ConfigError"] },
    Module { name: "key", imports: &[] },
    Module { name: "fetch", imports: &[] },
    Module { name: "jwks", imports: &["key", "fetch"] },
    Module { name: "token", imports: &["key"] },
    Module { name: "subject", imports: &["token"] },
    Module { name: "introspect", imports: &["fetch", "token"] },
    Module { name: "verify", imports: &["key", "fetch", "jwks", "token", "introspect"] },
    Module { name: "metadata", imports: &["key", "token"] },
    Module { name: "challenge", imports: &["token"] },
    Module { name: "reject", imports: &["token", "metadata", "challenge"] },
    Module { name: "body", imports: &[] },
    Module { name: "gate", imports: &["reject", "body"] },
    Module { name: "require", imports: &["token", "reject", "body", "gate"] },
    Module {
        name: "auth",
        imports: &[
            "token",
            "verify",
            "metadata",
            "challenge",
            "reject",
            "body",
            "gate",
            "require",
            "subject",
        ],
    },
    Module { name: "extract", imports: &["token", "reject", "subject"] },
    Module { name: "openapi", imports: &["reject", "require", "auth"] },
    Module { name: "peer", imports: &[] },
    Module { name: "transport", imports: &["body", "reject", "gate", "peer"] },
    Module { name: "issue", imports: &["key", "token", "verify"] },
    Module { name: "password", imports: &["key"] },
    Module { name: "rate", imports: &[] },
    Module { name: "store", imports: &["token", "subject"] },
    Module { name: "refresh", imports: &["store"] },
    Module { name: "one_time", imports: &["store"] },
    Module { name: "api_key", imports: &["token", "subject", "rate", "store"] },
    Module { name: "audit", imports: &[] },
    Module { name: "limit", imports: &["rate", "store"] },
    Module { name: "mail", imports: &["one_time"] },
    Module {
        name: "login",
        imports: &[
            "token",
            "subject",
            "verify",
            "metadata",
            "challenge",
            "reject",
            "require",
            "auth",
            "openapi",
            "peer",
            "issue",
            "password",
            "store",
            "refresh",
            "one_time",
            "api_key",
            "audit",
            "limit",
            "mail",
        ],
    },
    Module {
        name: "settings",
        imports: &[
            "key", "peer", "issue", "password", "rate", "store", "refresh", "limit", "mail",
            "login",
        ],
    },
    // Prose, and nothing that could name anything.
    Module { name: "guide", imports: &[] },
];

/// Stands under everything else.
const BOTTOM: &[&str] = &["error", "clock", "trace", "meter", "random"];

/// A service that only verifies compiles nothing of the other side.
const VERIFYING: &[&str] = &[
    "key",
    "fetch",
    "jwks",
    "token",
    "subject",
    "introspect",
    "verify",
    "metadata",
    "challenge",
    "reject",
    "body",
    "gate",
    "require",
    "auth",
    "extract",
    "openapi",
    "peer",
    "transport",
];
const ISSUING: &[&str] = &[
    "issue", "password", "rate", "store", "refresh", "one_time", "api_key", "audit", "limit",
    "mail", "login", "settings", "guide",
];

/// Crates that are named in one place, so that they can be audited and replaced there.
const CRATES: &[(&str, &str)] = &[
    ("aws_lc_rs", "key::backend"),
    ("jsonwebtoken", "key::backend"),
    ("rsa", "key::backend"),
    ("p256", "key::backend"),
    ("p384", "key::backend"),
    ("ed25519_dalek", "key::backend"),
    ("hmac", "key::backend"),
    ("hmac", "refresh"),
    ("argon2", "password"),
    ("governor", "rate"),
    ("bcrypt", "password::legacy"),
    ("scrypt", "password::legacy"),
    ("pbkdf2", "password::legacy"),
    ("passwords", "password::policy"),
    ("zxcvbn", "password::policy"),
    ("sha1", "password::policy"),
    ("thread_priority", "password::pool"),
    ("axum", "login"),
    ("sqlx", "store"),
    ("redis", "store::redis"),
    ("lettre", "mail::smtp"),
    ("reqwest", "fetch::client"),
    ("tonic", "reject::grpc"),
    ("arc_swap", "jwks"),
    ("quick_cache", "introspect"),
    ("quick_cache", "verify::tenants"),
    ("quick_cache", "verify::cache"),
    ("utoipa", "openapi"),
    ("utoipa", "login"),
    // The schema of each body stands where the body is made.
    ("utoipa", "reject::format"),
    ("tracing", "trace"),
    ("metrics", "meter"),
    ("getrandom", "random"),
    ("ipnet", "peer"),
];

/// Ways to read the time, as tokens; `clock.rs` alone has them.
const TIME: &[&[&str]] =
    &[&["SystemTime", "::", "now"], &["Instant", "::", "now"], &[".", "elapsed", "("]];

const CHECKER: Checker<'static> =
    Checker { modules: MODULES, bottom: BOTTOM, crates: CRATES, time: TIME, clock: "clock" };

#[test]
fn every_module_imports_only_what_stands_below_it() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let root = fs::read_to_string(src.join("lib.rs")).expect("src/lib.rs is readable");
    let mut files = Vec::new();
    collect(&src, &src, &mut files);
    assert!(files.len() > 1, "src has no modules to check");
    let found: Vec<String> =
        files.iter().flat_map(|(file, text)| CHECKER.check(file, text, &root)).collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

fn collect(src: &Path, directory: &Path, files: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(directory).expect("src is readable") {
        let path = entry.expect("src is readable").path();
        if path.is_dir() {
            collect(src, &path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let relative = path.strip_prefix(src).expect("the file is under src");
            let name = relative.to_str().expect("file names are UTF-8").replace('\\', "/");
            files.push((name, fs::read_to_string(&path).expect("the file is readable")));
        }
    }
}

#[test]
fn the_table_points_down() {
    for (row, module) in MODULES.iter().enumerate() {
        let below: Vec<&str> = MODULES[..row].iter().map(|module| module.name).collect();
        for import in module.imports {
            let down = below.contains(&import.split("::").next().unwrap_or_default());
            assert!(down || module.name == "error", "{} names {import}", module.name);
        }
    }
}

#[test]
fn the_table_keeps_the_issuing_side_out_of_the_verifying_side() {
    for module in MODULES.iter().filter(|module| VERIFYING.contains(&module.name)) {
        let issuing = module.imports.iter().find(|import| ISSUING.contains(import));
        assert_eq!(issuing, None, "{}", module.name);
    }
    let sides: Vec<&str> = [BOTTOM, VERIFYING, ISSUING].concat();
    let unsorted = MODULES.iter().find(|module| !sides.contains(&module.name));
    assert!(unsorted.is_none(), "a module that is on neither side: {unsorted:?}");
}

#[test]
fn the_code_map_has_the_modules_of_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ARCHITECTURE.md");
    let text = fs::read_to_string(path).expect("docs/ARCHITECTURE.md is readable");
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    assert!(rows.eq(MODULES.iter().map(|module| module.name)), "the code map is another");
}

/// What the checker says about one file of a crate whose root re-exports these names.
fn check(file: &str, source: &str) -> Vec<String> {
    const ROOT: &str = "mod error; mod store;
        pub use error::ConfigError; pub use store::{MemoryStore, User as Account};";
    CHECKER.check(file, source, ROOT)
}

#[test]
fn planted_imports_are_found_in_every_spelling() {
    let spellings = [
        "use crate::store::UserStore;",
        "pub(crate) use crate::store::UserStore;",
        "use crate :: issue :: Issuer;",
        "use crate::{verify::Y, store::X};",
        "use crate::{\n    verify::{self, Z},\n    store::{\n        memory::X,\n    },\n};",
        "fn f() -> crate::store::User { loop {} }",
        "fn f() { crate\n    ::store\n    ::open(); }",
        "use super::super::store::User;",
        "use super::{super::store::User, a::B};",
        "mod inner { use super::super::super::store::User; }",
        "use crate::MemoryStore;",
        "use crate::{ConfigError as E, Account};",
        "macro_rules! m { () => { $crate::store::User } }",
        "use crate::r#store::User;",
        "use crate as everything;",
        "use crate::*;",
        "/* a /* nested */ comment */ use crate::login::LoginRouter;",
        "const A: char = '\"'; use crate::refresh::X; const B: &str = \"\";",
        "const A: &str = r#\"a\"b\"#; use crate::password::Hasher;",
        "fn f<'a>(x: &'a str) -> crate::store::U<'a> { x }",
        "#[cfg(not(test))] use crate::store::User;",
        "use sqlx::SqlitePool;",
        "use ::sqlx as database;",
        "#[derive(sqlx::FromRow)] struct Row;",
        "use jsonwebtoken::{jws::{decode}};",
        "fn f() { aws_lc_rs::hmac::sign(key, text); }",
        "use axum::Router;",
        "use argon2::Argon2;",
        "use tracing::warn;",
        "fn f() { let now = std::time::SystemTime::now(); }",
        "fn f() { let now = Instant :: now(); }",
        "fn f() { let age = start.elapsed(); }",
    ];
    for source in spellings {
        assert_eq!(check("verify/rules.rs", source).len(), 1, "{source}");
    }
}

#[test]
fn what_is_allowed_or_no_code_passes() {
    let sources = [
        "use crate::token::Token; use crate::{ConfigError, key, trace};",
        "use super::builder::Verifier; use super::super::token::scope::Scopes;",
        "//! See [`crate::store::User`].\n/// use crate::store::X;\nfn f() {} // crate::store::X",
        "const A: &str = \"use crate::store::X; \\\" crate::store::Y\";",
        "#[cfg(test)]\nmod tests {\n    use crate::store::MemoryStore;\n    fn f() { { } }\n}",
        "#[cfg(test)]\n#[allow(x)]\nmod tests;",
        "#[cfg(test)] use crate::store::MemoryStore;",
        "pub(crate) struct A; pub(in crate::verify) struct B;",
        "use axum_core::response::IntoResponse; use http::Request;",
        "mod inner { use super::super::token::Token; }",
        "fn f<'a>() -> impl Sized + use<'a> {}",
    ];
    for source in sources {
        assert_eq!(check("verify/rules.rs", source), Vec::<String>::new(), "{source}");
    }
    assert_eq!(check("verify/tests.rs", "use crate::store::X;"), Vec::<String>::new());
    assert_eq!(check("store/sqlite/rows.rs", "use sqlx::Row;"), Vec::<String>::new());
    assert_eq!(
        check("login/mod.rs", "use axum::Router; use crate::Account;"),
        Vec::<String>::new()
    );
}

#[test]
fn a_report_names_file_line_and_fault() {
    let found = check("verify/rules.rs", "use std::fmt;\n\nuse crate::{\n    store::User,\n};");
    assert_eq!(found, ["src/verify/rules.rs:4: verify imports crate::store::User"]);
    let found = check("error.rs", "use crate::key::backend::X;");
    assert_eq!(found, ["src/error.rs:1: error imports crate::key::backend::X"]);
    let found = check("later.rs", "");
    assert_eq!(found, ["src/later.rs:1: later has no row in the table of tests/architecture.rs"]);
    let found = CHECKER.check("lib.rs", "pub use store::*;", "");
    assert_eq!(found, ["src/lib.rs:1: the root re-exports store::*; name what it re-exports"]);
}
