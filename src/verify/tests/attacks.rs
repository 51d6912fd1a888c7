//! Attacks that other libraries fell to, each by the name that it is known by.

use serde_json::json;

use super::*;

const PRIVATE: &str = include_str!("../../../tests/keys/rsa2048.pem");
const PUBLIC: &str = include_str!("../../../tests/keys/rsa2048.pub.pem");

/// CVE-2015-9235, CVE-2020-28042.
#[test]
fn r51_attack_alg_none_and_null_signature() {
    let bench = Bench::new();
    let verifier = bench.builder().build().unwrap();
    let algs = [
        r#""alg":"none""#,
        r#""alg":"None""#,
        r#""alg":"NONE""#,
        r#""alg":"nOnE""#,
        r#""alg":"none ""#,
        r#""alg":"n\u006fne""#,
        r#""alg":"none\u0000""#,
        r#""alg":"""#,
        r#""alg":null"#,
        r#""alg":false"#,
        r#""alg":0"#,
        r#""alg":[]"#,
        r#""alg":["none"]"#,
        r#""alg":{}"#,
        r#""typ":"JWT""#,
    ];
    for alg in algs {
        let right = sign(&bench.key, &format!("{{{alg}}}"), &claims(""));
        assert!(verifier.check_at_hand(&right).is_err(), "{alg} under a right signature");
        let (signed, _) = right.rsplit_once('.').unwrap();
        for signature in ["", "AA", "bnVsbA", "bm9uZQ", &"A".repeat(43)] {
            let forged = format!("{signed}.{signature}");
            assert!(verifier.check_at_hand(&forged).is_err(), "{alg} with {signature:?}");
        }
        assert!(verifier.check_at_hand(signed).is_err(), "{alg} without a signature");
    }
}

/// CVE-2016-10555, CVE-2022-29217, CVE-2026-22817.
#[test]
fn r52_attack_public_key_as_hmac_secret() {
    let bench = Bench::new();
    let rsa = SigningKey::from_pem(Algorithm::RS256, PRIVATE).unwrap();
    let p256 = include_str!("../../../tests/keys/p256.pub.pem");
    let ed25519 = include_str!("../../../tests/keys/ed25519.pub.pem");
    let keys = KeySet::from_iter([
        rsa.verifying_key(),
        VerifyingKey::from_pem(Algorithm::ES256, p256).unwrap(),
        VerifyingKey::from_pem(Algorithm::EdDSA, ed25519).unwrap(),
    ]);
    let asymmetric = Verifier::builder(keys.clone()).any_audience().build().unwrap();
    // Here HMAC is asked for, but with another key.
    let mixed = Verifier::builder(keys).key(bench.key.verifying_key()).any_audience();
    let mixed = mixed.build().unwrap();
    let claims = r#"{"exp":99999999999}"#;
    let mut tried = 0;
    for pem in [PUBLIC, p256, ed25519] {
        for secret in published_forms(pem) {
            for (algorithm, name) in [
                (Algorithm::HS256, "HS256"),
                (Algorithm::HS384, "HS384"),
                (Algorithm::HS512, "HS512"),
            ] {
                // What is too short for an HMAC of ours can't be tried, nor be a key here.
                let Ok(forger) = SigningKey::insecure_from_guessable_secret(algorithm, &secret)
                else {
                    continue;
                };
                for kid in ["", r#","kid":"1""#] {
                    let header = format!(r#"{{"alg":"{name}"{kid}}}"#);
                    let forged = sign(&forger, &header, claims);
                    let kind = asymmetric.check_at_hand(&forged).unwrap_err();
                    assert_eq!(kind, AuthErrorKind::AlgorithmMismatch);
                    assert!(mixed.check_at_hand(&forged).is_err());
                    tried += 1;
                }
            }
        }
    }
    assert!(tried > 100, "{tried}");
}

/// A public key as PEM, DER, its last bytes (the key itself, for curves) and base64; with
/// line breaks of every kind, and padded. Its JSON Web Key has a test of its own.
fn published_forms(pem: &str) -> Vec<Vec<u8>> {
    use base64::Engine;
    let bare: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let der = base64::engine::general_purpose::STANDARD.decode(&bare).unwrap();
    let mut texts = vec![
        pem.to_owned(),
        pem.trim_end().to_owned(),
        pem.replace('\n', "\r\n"),
        pem.replace('\n', ""),
        pem.replace('\n', "\\n"),
        format!("\n{pem}"),
        format!("  {pem}"),
        format!("{pem}\n"),
        format!("{pem}\0"),
        bare.trim_end_matches('=').to_owned(),
        encode(&der),
    ];
    texts.push(bare);
    let mut forms: Vec<Vec<u8>> = texts.into_iter().map(String::into_bytes).collect();
    for tail in [32, 33, 64, 65, 256] {
        forms.extend(der.len().checked_sub(tail).map(|at| der[at..].to_vec()));
    }
    forms.push(der);
    forms
}

#[test]
fn r52_attack_json_web_key_as_hmac_secret() {
    let jwk = json!({
        "kty": "EC", "crv": "P-256", "kid": "1", "alg": "ES256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    });
    let key = VerifyingKey::from_jwk(&jwk.to_string()).unwrap();
    let verifier = Verifier::builder(key).any_audience().build().unwrap();
    let x = jwk["x"].as_str().unwrap();
    let raw = crate::token::wire::decode(x).unwrap();
    let pretty = serde_json::to_string_pretty(&jwk).unwrap();
    let set = json!({ "keys": [jwk] }).to_string();
    for secret in
        [jwk.to_string().as_bytes(), pretty.as_bytes(), set.as_bytes(), x.as_bytes(), &raw]
    {
        let forger = SigningKey::insecure_from_guessable_secret(Algorithm::HS256, secret).unwrap();
        for header in [r#"{"alg":"HS256"}"#, r#"{"alg":"HS256","kid":"1"}"#] {
            let kind = verifier.check_at_hand(&sign(&forger, header, r#"{"exp":99999999999}"#));
            assert_eq!(kind.unwrap_err(), AuthErrorKind::AlgorithmMismatch);
        }
    }
}

/// CVE-2018-0114: the key to verify with, in the header, by whoever signed.
#[test]
fn r56_attack_key_of_the_forger_in_the_header() {
    let trusted = include_str!("../../../tests/keys/p256.pub.pem");
    let trusted = VerifyingKey::from_pem(Algorithm::ES256, trusted).unwrap().with_key_id("1");
    let rsa = include_str!("../../../tests/keys/rsa2048.pem");
    let forger = SigningKey::from_pem(Algorithm::RS256, rsa).unwrap();
    let secret = [7; 32];
    let hmac = SigningKey::insecure_from_guessable_secret(Algorithm::HS256, secret).unwrap();
    let verifier = Verifier::builder(trusted).key(Bench::new().key.verifying_key());
    let verifier = verifier.any_audience().build().unwrap();
    let jwk = json!({ "kty": "oct", "alg": "HS256", "kid": "1", "k": encode(secret) });
    let certificate: String = PUBLIC.lines().filter(|line| !line.starts_with('-')).collect();
    for kid in [None, Some("1"), Some("2")] {
        for (key, alg) in [(&forger, "RS256"), (&hmac, "HS256")] {
            let mut header = json!({
                "alg": alg, "jwk": jwk, "x5c": [certificate],
                "jku": "https://evil.example/keys", "x5u": "https://evil.example/chain",
                "x5t": "AAAA", "x5t#S256": "AAAA", "keys": [jwk],
            });
            if let Some(kid) = kid {
                header["kid"] = kid.into();
            }
            let forged = sign(key, &header.to_string(), r#"{"exp":99999999999}"#);
            assert!(verifier.check_at_hand(&forged).is_err(), "{alg} {kid:?}");
        }
    }
}

/// CVE-2021-46743, CVE-2026-45363 and its kin: a `kid` that leads to a file, a row or an address
/// of which the forger knows what is there.
#[test]
fn r57_attack_kid_as_path_query_command_or_url() {
    let bench = Bench::new();
    let named = bench.key.clone().with_key_id("1");
    let verifier = Verifier::builder(&named).any_audience().build().unwrap();
    // What such a look-up would give: nothing, blanks, zeros, what the query itself says.
    let known = [vec![0; 32], vec![b' '; 32], vec![b'A'; 32], b"/dev/null".repeat(8)];
    let long = "k".repeat(10_000);
    for kid in [
        "",
        " ",
        "../../../../../../dev/null",
        "/proc/sys/kernel/randomize_va_space",
        "file:///dev/null",
        "http://127.0.0.1:1/",
        "' UNION SELECT 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "1' OR '1'='1",
        "1; DROP TABLE keys",
        "$(cat /etc/passwd)",
        "|/usr/bin/true",
        "1\r\nX-Injected: y",
        "1\0",
        "__proto__",
        "constructor",
        &long,
    ] {
        let header = json!({ "alg": "HS256", "kid": kid }).to_string();
        for secret in &known {
            let algorithm = Algorithm::HS256;
            let forger = SigningKey::insecure_from_guessable_secret(algorithm, secret).unwrap();
            let kind = verifier.check_at_hand(&sign(&forger, &header, r#"{"exp":99999999999}"#));
            let expected = match kid.len() {
                10_000 => AuthErrorKind::CredentialsTooLong,
                _ => AuthErrorKind::UnknownKey,
            };
            assert_eq!(kind.unwrap_err(), expected, "{kid:?}");
        }
    }
}

/// CVE-2025-59420: an extension that is critical, and passed over.
#[test]
fn r54_attack_critical_extension_ignored() {
    let bench = Bench::new();
    for crit in [
        r#"["x-policy"],"x-policy":"deny""#,
        r#"["x-policy"]"#,
        r#"[]"#,
        r#"[""]"#,
        r#"["alg"]"#,
        r#"["kid","typ"],"kid":"1","typ":"JWT""#,
        r#"["crit"]"#,
        r#"["b64"],"b64":true"#,
        r#"["exp","exp"],"exp":1"#,
        r#"[1]"#,
        r#"[null]"#,
        r#"[["x"]]"#,
        r#""x""#,
        r#"{}"#,
        "null",
        "false",
        "0",
    ] {
        let header = format!(r#"{{"alg":"HS256","crit":{crit}}}"#);
        let kind = bench.check_with(&header, &claims("")).unwrap_err();
        assert_eq!(kind, AuthErrorKind::UnsupportedHeader, "{crit}");
    }
}

/// CVE-2026-29000: an encrypted token, or one inside another, where a signed one is wanted.
#[test]
fn r76_attack_encrypted_or_nested_token() {
    let bench = Bench::new();
    let verifier = bench.builder().build().unwrap();
    let inner = sign(&bench.key, r#"{"alg":"HS256"}"#, &claims(""));
    // CVE-2024-33664, CVE-2024-21319: a bomb to unzip, rounds to count.
    for header in [
        r#"{"alg":"dir","enc":"A256GCM"}"#,
        r#"{"alg":"RSA-OAEP","enc":"A256GCM","zip":"DEF"}"#,
        r#"{"alg":"PBES2-HS512+A256KW","enc":"A256CBC-HS512","p2c":2147483647,"p2s":"AAAA"}"#,
        r#"{"alg":"HS256","enc":"A256GCM","cty":"JWT"}"#,
    ] {
        for rest in ["", "AAAA"] {
            let token = format!("{}.{rest}.AAAA.{}.AAAA", encode(header), encode(&inner));
            assert_eq!(verifier.check_at_hand(&token).unwrap_err(), AuthErrorKind::MalformedToken);
        }
        let signed = sign(&bench.key, header, &claims(""));
        let refused = [AuthErrorKind::UnsupportedHeader, AuthErrorKind::AlgorithmMismatch];
        assert!(refused.contains(&verifier.check_at_hand(&signed).unwrap_err()), "{header}");
    }
    for payload in [inner.clone(), format!("\"{inner}\""), format!(r#"{{"jwt":"{inner}"}}"#)] {
        let nested = sign(&bench.key, r#"{"alg":"HS256","cty":"JWT"}"#, &payload);
        assert!(verifier.check_at_hand(&nested).is_err(), "{payload}");
    }
}

/// CVE-2025-30204: as many parts as the forger likes.
#[test]
fn r78_attack_a_token_of_nothing_but_dots() {
    let verifier = Bench::new().builder().build().unwrap();
    for dots in [1, 2, 3, 1_000, MAX_TOKEN_BYTES] {
        let kind = verifier.check_at_hand(&".".repeat(dots)).unwrap_err();
        assert_eq!(kind, AuthErrorKind::MalformedToken);
    }
    let kind = verifier.check_at_hand(&".".repeat(MAX_TOKEN_BYTES + 1)).unwrap_err();
    assert_eq!(kind, AuthErrorKind::CredentialsTooLong);
}

/// CVE-2026-25537: a date that can't be read is not one that is absent.
#[test]
fn r66_attack_dates_of_another_type() {
    let bench = Bench::new();
    for date in [
        "\"1\"",
        "\"\"",
        "\"never\"",
        "null",
        "true",
        "[]",
        "[1]",
        "{}",
        "{\"$date\":1}",
        "1e309",
        "1e308",
        "9223372036854775808",
        "18446744073709551616",
        "-1e308",
        "NaN",
        "Infinity",
        "01",
        "1_0",
        "0x1",
        "1.",
        ".5",
    ] {
        for name in ["exp", "nbf", "iat"] {
            let text = match name {
                "exp" => format!(r#"{{"iss":"https://me","aud":"api","exp":{date}}}"#),
                _ => claims(&format!(r#""{name}":{date}"#)),
            };
            assert_eq!(bench.kind(&text), AuthErrorKind::InvalidClaims, "{name} {date}");
        }
    }
}

/// Names that are the same once they are unescaped, of which one reader takes the first and
/// another the last.
#[test]
fn r49_attack_duplicate_names_under_a_right_signature() {
    let bench = Bench::new();
    for members in [
        r#""exp":1"#,
        r#""\u0065xp":1"#,
        r#""iss":"https://me""#,
        r#""\u0069ss":"https://evil""#,
        r#""aud":["other"]"#,
        r#""sub":"alice","sub":"bob""#,
        r#""sub":"alice","s\u0075b":"alice""#,
        r#""roles":["user"],"r\u006fles":["admin"]"#,
        r#""x":{"y":[{"z":1,"\u007a":2}]}"#,
    ] {
        assert_eq!(bench.kind(&claims(members)), AuthErrorKind::InvalidClaims, "{members}");
    }
    for header in [
        r#"{"alg":"HS256","alg":"HS256"}"#,
        r#"{"alg":"none","\u0061lg":"HS256"}"#,
        r#"{"alg":"HS256","typ":"JWT","t\u0079p":"at+jwt"}"#,
        r#"{"alg":"HS256","x":{"y":1,"y":1}}"#,
    ] {
        let kind = bench.check_with(header, &claims("")).unwrap_err();
        assert_eq!(kind, AuthErrorKind::MalformedToken, "{header}");
    }
    // Names of another case, or with an invisible character, are other names.
    assert!(bench.check(&claims(r#""Exp":1,"EXP":1,"exp\u200b":1"#)).is_ok());
}

/// CVE-2025-30144, CVE-2020-26160.
#[test]
fn r69_r72_attack_issuer_and_audience_of_another_form() {
    let bench = Bench::new();
    let with = |iss: &str, aud: &str| {
        bench.check(&format!(r#"{{"iss":{iss},"aud":{aud},"exp":{}}}"#, NOW + 60))
    };
    assert!(with(r#""https://me""#, r#""api""#).is_ok());
    for iss in [
        r#"["https://me"]"#,
        r#"["https://evil","https://me"]"#,
        r#"{"0":"https://me"}"#,
        r#""https://me.evil.example""#,
        r#""https://me@evil.example""#,
        r#""https://m""#,
        r#""""#,
        "null",
        "true",
    ] {
        assert!(with(iss, r#""api""#).is_err(), "{iss}");
    }
    for aud in [
        r#""""#,
        r#"[]"#,
        r#"[""]"#,
        r#"[["api"]]"#,
        r#"[{"a":"api"}]"#,
        r#"{"api":true}"#,
        r#""api,other""#,
        r#""api other""#,
        r#""apis""#,
        r#""a""#,
        r#"["ap","i"]"#,
        "null",
        "true",
    ] {
        assert!(with(r#""https://me""#, aud).is_err(), "{aud}");
    }
}
