use super::{PASSWORD, cheap, cheap_hasher, verify};

/// Made with libxcrypt 4.4.33, through Python's module `crypt`.
const LIBXCRYPT: [&str; 3] = [
    "$2a$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG",
    "$2b$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG",
    "$2y$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG",
];

/// Made with the packages bcrypt 5.0.0, passlib 1.7.4 and Django 5.2.19 of Python.
const PYTHON: [&str; 9] = [
    "$2b$05$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS",
    "$scrypt$ln=4,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg$0Pz6RuN9WCY6OfE3FYH5Myx0JqvNjul84VbFyWLBf4g",
    "$scrypt$ln=5,r=4,p=3$MDEyMzQ1Njc4OWFiY2RlZg$5mTD5TcPWClowkhnAXYRFkhCc2/pKvouk+ay7doqKX0",
    "$pbkdf2-sha256$1000$MDEyMzQ1Njc4OWFiY2RlZg$yqSq2SygY1sB4EcH9f2FG0JTMES.wqLsOT5YmiRBplI",
    "$pbkdf2-sha512$1000$MDEyMzQ1Njc4OWFiY2RlZg$5bTW2oeyDJyGJPcmEr.mRDE11ghpozWrDGnSNhRXo2ZCu0KHRDiUMAVEGzLJC.oDhRoeIja9J1iLIv9ptDJMfQ",
    "pbkdf2_sha256$1000$saltsaltsaltsalt12345u$A/SrB91YZDzkURkjWSckI6ds0BeEbwkg2rmJ/QrBq+I=",
    "bcrypt_sha256$$2b$04$abcdefghijklmnopqrstuuaBT8mpw5tGdD3eO40znWcQP/dT9hEVK",
    "bcrypt$$2b$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG",
    "argon2$argon2id$v=19$m=64,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$aq42HBL+IPAitHspChw/8mx5JRX2jFDkTmlsBskwH/0",
];

/// Computed with `pbkdf2_hmac` of Python's `hashlib`. The third takes two blocks.
const HASHLIB: [&str; 4] = [
    "$pbkdf2-sha256$i=1000,l=32$MDEyMzQ1Njc4OWFiY2RlZg$yqSq2SygY1sB4EcH9f2FG0JTMES+wqLsOT5YmiRBplI",
    "$pbkdf2-sha256$i=1000$MDEyMzQ1Njc4OWFiY2RlZg$yqSq2SygY1sB4EcH9f2FG0JTMES+wqLsOT5YmiRBplI",
    "$pbkdf2-sha256$i=1000,l=40$MDEyMzQ1Njc4OWFiY2RlZg$yqSq2SygY1sB4EcH9f2FG0JTMES+wqLsOT5YmiRBplLYbawB4lwjdA",
    "$pbkdf2-sha512$i=1000,l=64$MDEyMzQ1Njc4OWFiY2RlZg$5bTW2oeyDJyGJPcmEr+mRDE11ghpozWrDGnSNhRXo2ZCu0KHRDiUMAVEGzLJC+oDhRoeIja9J1iLIv9ptDJMfQ",
];

fn vectors() -> impl Iterator<Item = &'static str> {
    LIBXCRYPT.into_iter().chain(PYTHON).chain(HASHLIB)
}

#[tokio::test]
async fn r156_hashes_of_other_functions_match() {
    let hasher = cheap_hasher();
    for (stored, count) in vectors().zip((2..).step_by(2)) {
        assert!(verify(&hasher, PASSWORD, stored).await.0, "{stored}");
        let wrong = verify(&hasher, "correct horse battery stapl", stored).await;
        assert_eq!(wrong, (false, false), "{stored}");
        assert_eq!(hasher.computations(), count, "one each: {stored}");
    }
}

#[tokio::test]
async fn r157_hashes_of_other_functions_are_due_for_a_new_one() {
    let hasher = cheap_hasher();
    for stored in vectors().filter(|stored| !stored.contains("argon2id")) {
        assert_eq!(verify(&hasher, PASSWORD, stored).await, (true, true), "{stored}");
    }
    let django = PYTHON.iter().find(|stored| stored.contains("argon2id")).unwrap();
    assert_eq!(verify(&hasher, PASSWORD, django).await, (true, false), "what it makes itself");
}

/// Made with libxcrypt of 71 times `x`, `yz` and `the rest`.
const LONG: &str = "$2b$04$abcdefghijklmnopqrstuu.5skbTx2BS4jj.FAhPbN7I9dDGDUUN2";

#[tokio::test]
async fn r159_bcrypt_compares_72_bytes_and_the_new_hash_takes_all() {
    let hasher = cheap_hasher();
    let password = format!("{}yzthe rest", "x".repeat(71));
    assert_eq!(verify(&hasher, &password, LONG).await, (true, true));
    let same_beginning = &password[..72];
    assert!(verify(&hasher, same_beginning, LONG).await.0, "as the one who made it would say");
    assert!(!verify(&hasher, &password[..71], LONG).await.0);

    let fresh = hasher.hash(&password).await.unwrap();
    assert_eq!(verify(&hasher, &password, &fresh).await, (true, false));
    assert!(!verify(&hasher, same_beginning, &fresh).await.0);
}

#[tokio::test]
async fn r159_72_bytes_may_end_within_a_character() {
    let hasher = cheap_hasher();
    let password = format!("{}\u{20ac}", "x".repeat(71));
    assert!(!verify(&hasher, &password, LONG).await.0);
}

#[tokio::test]
async fn r159_bcrypt_over_sha256_takes_the_whole_password() {
    let hasher = cheap_hasher();
    // Made with Django 5.2.19 of 80 times `x`.
    let stored = "bcrypt_sha256$$2b$04$abcdefghijklmnopqrstuuVTgWIlfVafOdCoNj73.S3YIYkZL7g7S";
    assert!(verify(&hasher, &"x".repeat(80), stored).await.0);
    assert!(!verify(&hasher, &"x".repeat(79), stored).await.0);
}

#[tokio::test]
async fn r159_a_password_with_nul_matches_no_bcrypt_hash() {
    let hasher = cheap_hasher();
    // Made with libxcrypt of `before`. bcrypt fills its key with `before\0before\0..`.
    let stored = "$2b$04$abcdefghijklmnopqrstuurVuonhdASGxouTT2vs6aczD1rdQw2kq";
    assert!(verify(&hasher, "before", stored).await.0);
    for with_nul in ["before\0before", "before\0after", "before\0", "\0before"] {
        assert_eq!(verify(&hasher, with_nul, stored).await, (false, false), "{with_nul:?}");
    }
    assert_eq!(hasher.computations(), 5);
}

#[tokio::test]
async fn r156_2x_is_refused_as_an_unknown_form() {
    let hasher = cheap_hasher();
    // Made with libxcrypt, of `PASSWORD` and of `Pässwört`.
    for stored in [
        "$2x$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG",
        "$2x$04$abcdefghijklmnopqrstuu2AYjMHFDu.TjbUg/yKWHxmK.gRHEvVK",
    ] {
        assert_eq!(verify(&hasher, PASSWORD, stored).await, (false, false), "{stored}");
        assert_eq!(verify(&hasher, "P\u{e4}ssw\u{f6}rt", stored).await, (false, false), "{stored}");
    }
    // The same in the form without the fault, which it must not be taken for.
    let sound = "$2b$04$abcdefghijklmnopqrstuugipe.QS855qOW0.pivI8aDaIjFgsbo6";
    assert!(verify(&hasher, "P\u{e4}ssw\u{f6}rt", sound).await.0);
}

#[tokio::test]
async fn r156_malformed_hashes_of_other_functions_are_no_match_after_one_computation() {
    let [_, bcrypt, _] = LIBXCRYPT;
    let [_, scrypt, _, passlib, _, django, ..] = PYTHON;
    let phc = HASHLIB[0];
    let malformed = [
        bcrypt.replace("2b", "2"),
        bcrypt.replace("2b", "2c"),
        bcrypt.replace("$04$", "$03$"),
        bcrypt.replace("$04$", "$+4$"),
        bcrypt.replace("$04$", "$xx$"),
        bcrypt[..59].to_owned(),
        format!("{bcrypt}."),
        bcrypt.replace("abc", "\u{e4}c"),
        bcrypt.replace("abc", "!bc"),
        format!("bcrypt_sha256{bcrypt}"),
        scrypt.replace("ln=4", "ln=0"),
        scrypt.replace("r=8", "r=0"),
        scrypt.replace(",p=1", ""),
        scrypt.replace("p=1", "p=1,x=1"),
        scrypt.replace("$ln", "$v=1$ln"),
        scrypt.rsplit_once('$').unwrap().0.to_owned(),
        phc.replace("i=1000", "i=0"),
        phc.replace("l=32", "l=31"),
        phc.replace("l=32", "x=32"),
        phc.replace("sha256", "md5"),
        passlib.replace("$1000$", "$01000$"),
        passlib.replace("$1000$", "$+1000$"),
        passlib.replace("$1000$", "$$"),
        passlib.replace("sha256", "sha1"),
        django.replace("$1000$", "$0$"),
        django.replace('=', ""),
        django.replace("$saltsaltsaltsalt12345u$", "$$"),
        format!("{django}$"),
        format!("{django}{}", "=".repeat(1 << 20)),
    ];
    let hasher = cheap_hasher();
    for (count, stored) in (1..).zip(&malformed) {
        let beginning: String = stored.chars().take(99).collect();
        assert_eq!(verify(&hasher, PASSWORD, stored).await, (false, false), "{beginning}");
        assert_eq!(hasher.computations(), count, "{beginning}");
    }
}

#[tokio::test]
async fn r163_other_functions_with_hostile_parameters_are_not_computed() {
    let [_, bcrypt, _] = LIBXCRYPT;
    let [_, scrypt, _, passlib, _, django, ..] = PYTHON;
    let hostile = [
        bcrypt.replace("$04$", "$15$"),
        bcrypt.replace("$04$", "$31$"),
        format!("bcrypt_sha256${}", bcrypt.replace("$04$", "$31$")),
        scrypt.replace("ln=4", "ln=18"),
        scrypt.replace("ln=4", "ln=63"),
        scrypt.replace("ln=4", "ln=4294967295"),
        scrypt.replace("ln=4,r=8", "ln=20,r=4294967295"),
        scrypt.replace("ln=4,r=8,p=1", "ln=17,r=8,p=5"),
        scrypt.replace("p=1", "p=17"),
        scrypt.replace("r=8,p=1", "r=4294967295,p=4294967295"),
        passlib.replace("$1000$", "$2000001$"),
        passlib.replace("$1000$", "$4294967295$"),
        django.replace("$1000$", "$2000001$"),
        HASHLIB[0].replace("i=1000", "i=4294967295"),
        HASHLIB[2].replace("i=1000", "i=1000001"),
    ];
    let (hasher, pool) = cheap(1, 8);
    for (count, stored) in (1..).zip(&hostile) {
        assert_eq!(verify(&hasher, PASSWORD, stored).await, (false, false), "{stored}");
        // The one computation is that of an unknown user.
        assert_eq!(hasher.computations(), count, "{stored}");
        assert_eq!(pool.run(|memory| memory.len()).await, Ok(64), "{stored}");
    }
}

#[test]
fn r163_the_limits_hold_what_other_programs_make() {
    use crate::password::known::UnusableHash;
    use crate::password::legacy::Legacy;

    let [_, bcrypt, _] = LIBXCRYPT;
    let [_, scrypt, _, _, _, django, ..] = PYTHON;
    for common in [
        bcrypt.replace("$04$", "$14$"),
        scrypt.replace("ln=4", "ln=17"),
        scrypt.replace("ln=4,r=8,p=1", "ln=16,r=8,p=8"),
        django.replace("$1000$", "$1200000$"),
        HASHLIB[3].replace("i=1000", "i=2000000"),
    ] {
        assert!(Legacy::read(&common).is_ok(), "{common}");
    }
    let dear = Legacy::read(&bcrypt.replace("$04$", "$15$"));
    assert_eq!(dear.err(), Some(UnusableHash::TooDear));
}
