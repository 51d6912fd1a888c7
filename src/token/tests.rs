mod properties;

use super::claims::{RegisteredClaims, RolesClaim};
use super::header::{Header, KnownHeaders};
use super::jws::Jws;
use super::wire::{decode, decode_text, encode, split};
use crate::{Algorithm, AuthErrorKind};

fn header(json: &str) -> Result<Header<'_>, AuthErrorKind> {
    Header::parse(json)
}

fn claims(json: &str) -> Result<RegisteredClaims, AuthErrorKind> {
    RegisteredClaims::parse(json.to_owned(), &RolesClaim::default())
}

/// What becomes of a token before anybody looks at keys.
fn read(token: &str) -> Result<(), AuthErrorKind> {
    Jws::read(token, &KnownHeaders::new(), |_| ())
}

#[test]
fn r47_a_token_has_three_parts_of_base64url() {
    let (header, payload) = (encode(r#"{"alg":"HS256"}"#), encode("{}"));
    let parts = split("aa.bb.cc").unwrap();
    assert_eq!((parts.header, parts.payload, parts.signature), ("aa", "bb", "cc"));
    assert_eq!(parts.signed, "aa.bb");
    assert_eq!(read(&format!("{header}.{payload}.YWI")), Ok(()));
    for malformed in [
        "",
        ".",
        "..",
        "...",
        "h",
        "h.p",
        "h.p.",
        ".p.YWI",
        "h..YWI",
        "h.p.YWI.YWI",
        "h.p.YWI.YWI.YWI",
        "h.p.YWI.",
        "h.p.YWI ",
        " h.p.YWI",
        "h.p.YWI\n",
        "h.p.YWI=",
        "h=.p.YWI",
        "h.p+.YWI",
        "h/.p.YWI",
        "h.p.ç",
        "h.p.YWI\0",
        r#"{"payload":"p","signatures":[]}"#,
    ] {
        let malformed = malformed.replace('h', &header).replace('p', &payload);
        assert_eq!(read(&malformed), Err(AuthErrorKind::MalformedToken), "{malformed:?}");
    }
}

#[test]
fn r47_each_part_is_of_the_alphabet() {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (header, payload) = (encode(r#"{"alg":"HS256"}"#), encode("{}"));
    for character in '\0'..='\u{ff}' {
        // Longer than a vector, so that both a loop and its remainder see the character.
        let part = format!("{character}{}{character}", "a".repeat(42));
        let of_alphabet = alphabet.contains(character);
        assert_eq!(decode(&part).is_ok(), of_alphabet, "{part:?}");
        assert_eq!(read(&format!("{header}.{payload}.{part}")).is_ok(), of_alphabet, "{part:?}");
        if !of_alphabet {
            // Nor is anybody told of what else is wrong with it.
            let crit = encode(r#"{"alg":"HS256","crit":["x"]}"#);
            for token in [
                format!("{header}{part}.{payload}.YWI"),
                format!("{crit}.{part}.YWI"),
                format!("{crit}.{payload}.{part}"),
            ] {
                assert_eq!(read(&token), Err(AuthErrorKind::MalformedToken), "{token:?}");
            }
        }
    }
}

#[test]
fn headers_of_tokens_that_were_right_are_known_and_no_others() {
    let known = KnownHeaders::new();
    let header = |json: &str| encode(json);
    let see = |header: &str, is_right: bool| {
        Jws::read(&format!("{header}.e30.YWI"), &known, |jws| {
            if is_right {
                jws.learn_header();
            }
            jws.header.clone().key_id.map(std::borrow::Cow::into_owned)
        })
    };
    let right = header(r#"{"alg":"HS256","kid":"a\u0062","typ":"at+jwt"}"#);
    for (is_right, is_known) in [(false, false), (true, true), (true, true), (false, true)] {
        assert_eq!(see(&right, is_right), Ok(Some("ab".to_owned())));
        assert_eq!(known.find(&right).is_some(), is_known);
    }
    let other = header(r#"{"alg":"HS256","kid":"ac"}"#);
    assert_eq!(see(&other, false), Ok(Some("ac".to_owned())));
    assert!(known.find(&right).is_some() && known.find(&other).is_none());
    assert!(known.find(&right[..right.len() - 1]).is_none());
    // One with a key inside, or worse, would take memory for as long as the verifier lives.
    let long = header(&format!(r#"{{"alg":"HS256","kid":"{}"}}"#, "k".repeat(400)));
    assert_eq!(see(&long, true), Ok(Some("k".repeat(400))));
    assert!(known.find(&long).is_none());
    // There is room for some; what comes after them is read each time.
    for number in 0..20 {
        let json = format!(r#"{{"alg":"HS256","kid":"{number}"}}"#);
        assert_eq!(see(&header(&json), true), Ok(Some(number.to_string())));
        assert_eq!(see(&header(&json), true), Ok(Some(number.to_string())));
    }
    assert!(known.find(&right).is_some());
}

#[test]
fn a_header_that_comes_many_times_at_once_is_learnt_once() {
    let known = KnownHeaders::new();
    let learn = |header: &str, at_once: usize| {
        fn nested(known: &KnownHeaders, token: &str, more: usize) {
            let learnt = Jws::read(token, known, |jws| {
                if more > 1 {
                    nested(known, token, more - 1);
                }
                jws.learn_header();
            });
            learnt.unwrap();
        }
        nested(&known, &format!("{header}.e30.YWI"), at_once);
    };
    let headers = ["a", "b", "c"].map(|id| encode(format!(r#"{{"alg":"HS256","kid":"{id}"}}"#)));
    for header in &headers {
        learn(header, 20);
    }
    assert!(headers.iter().all(|header| known.find(header).is_some()));
}

#[test]
fn r48_base64url_has_one_form() {
    assert_eq!(decode("YWI").unwrap(), b"ab");
    for other in ["YWI=", "YWJ", "YWI\n", "YW I", "Y", "YWI+", "YWI/"] {
        assert!(decode(other).is_err(), "{other:?}");
    }
}

#[test]
fn r49_member_names_are_unique() {
    for duplicate in [
        r#"{"alg":"HS256","alg":"HS256"}"#,
        r#"{"alg":"HS256","alg":"none"}"#,
        r#"{"alg":"HS256","\u0061lg":"none"}"#,
        r#"{"alg":"HS256","kid":"a","kid":"a"}"#,
        r#"{"alg":"HS256","x":1,"x":1}"#,
        r#"{"alg":"HS256","jwk":{"kty":"oct","kty":"oct"}}"#,
        r#"{"alg":"HS256","x":[[{"a":{"b":1,"\u0062":2}}]]}"#,
    ] {
        assert_eq!(header(duplicate), Err(AuthErrorKind::MalformedToken), "{duplicate}");
    }
    for duplicate in [
        r#"{"sub":"a","sub":"b"}"#,
        r#"{"exp":1,"exp":2}"#,
        r#"{"exp":1,"\u0065xp":9999999999}"#,
        r#"{"scope":"a","scope":"b"}"#,
        r#"{"roles":["a"],"roles":["b"]}"#,
        r#"{"cnf":{},"cnf":{}}"#,
        r#"{"cnf":{"jkt":"a","jkt":"b"}}"#,
        r#"{"tenant":1,"tenant":2}"#,
        r#"{"tenant":1,"\u0074enant":2}"#,
        r#"{"ten\u0061nt":1,"tenant":2}"#,
        r#"{"\u0074enant":1,"ten\u0061nt":2}"#,
        r#"{"tenant":{"id":1,"id":2}}"#,
        r#"{"scope":{"a":1,"a":2}}"#,
        r#"{"roles":[{"a":1,"\u0061":2}]}"#,
        r#"{"sid":[[{"a":{"b":1,"b":2}}]]}"#,
    ] {
        assert_eq!(claims(duplicate).unwrap_err(), AuthErrorKind::InvalidClaims, "{duplicate}");
    }
    assert!(header(r#"{"alg":"HS256","x":{"a":1},"y":{"a":1}}"#).is_ok());
}

#[test]
fn r50_header_and_claims_are_utf8_objects() {
    for text in [&b"\xff\xfe{\0}\0"[..], b"{\"alg\":\"\xff\"}", b"\xc0\x80"] {
        assert_eq!(decode_text(&encode(text)), Err(AuthErrorKind::MalformedToken));
    }
    for text in ["\u{feff}{}", "[]", "\"{}\"", "7", "null", "true", "", "{", "{}{}", "{} x"] {
        assert!(header(text).is_err(), "{text:?}");
        assert!(claims(text).is_err(), "{text:?}");
    }
}

#[test]
fn r51_alg_is_compared_byte_for_byte() {
    assert_eq!(header(r#"{"alg":"HS256"}"#).unwrap().algorithm, Some(Algorithm::HS256));
    assert_eq!(header(r#"{"alg":"Ed25519"}"#).unwrap().algorithm, Some(Algorithm::EdDSA));
    for unknown in ["none", "None", "nOnE", "NONE", "", "hs256", "HS256 ", " HS256", "ES512", "A"] {
        let json = serde_json::json!({ "alg": unknown }).to_string();
        assert_eq!(header(&json).unwrap().algorithm, None, "{unknown:?}");
    }
    for json in [
        "{}",
        r#"{"alg":null}"#,
        r#"{"alg":1}"#,
        r#"{"alg":["HS256"]}"#,
        r#"{"alg":{"a":"HS256"}}"#,
        r#"{"Alg":"HS256"}"#,
    ] {
        assert_eq!(header(json), Err(AuthErrorKind::MalformedToken), "{json}");
    }
}

#[test]
fn r54_r55_crit_b64_and_encryption_are_refused() {
    for member in [
        r#""crit":["exp"]"#,
        r#""crit":[]"#,
        r#""crit":["b64"],"b64":false"#,
        r#""crit":"b64""#,
        r#""crit":null"#,
        r#""crit":["alg"]"#,
        r#""\u0063rit":["x"],"x":1"#,
        r#""b64":false"#,
        r#""b64":true"#,
        r#""enc":"A256GCM""#,
        r#""zip":"DEF""#,
    ] {
        let json = format!(r#"{{"alg":"HS256",{member}}}"#);
        assert_eq!(header(&json), Err(AuthErrorKind::UnsupportedHeader), "{member}");
    }
}

#[test]
fn r56_keys_in_the_header_are_not_read() {
    let json = r#"{"alg":"HS256","jwk":{"kty":"oct","k":"AA"},"jku":"http://127.0.0.1:1/",
        "x5u":"http://127.0.0.1:1/","x5c":["AA"],"x5t":"AA"}"#;
    let expected = Header { algorithm: Some(Algorithm::HS256), key_id: None, token_type: None };
    assert_eq!(header(json), Ok(expected));
}

#[test]
fn r57_kid_is_a_string() {
    for kid in ["1", "null", "{}", "[]", "true"] {
        let json = format!(r#"{{"alg":"HS256","kid":{kid}}}"#);
        assert_eq!(header(&json), Err(AuthErrorKind::MalformedToken), "{kid}");
    }
    let long = "k".repeat(10_000);
    let json = serde_json::json!({ "alg": "HS256", "kid": long }).to_string();
    assert_eq!(header(&json).unwrap().key_id.as_deref(), Some(long.as_str()));
}

#[test]
fn r66_dates_are_numbers_of_any_json_form() {
    for (json, seconds) in [
        ("1700000000", 1_700_000_000.0),
        ("1700000000.5", 1_700_000_000.5),
        ("1.7e9", 1.7e9),
        ("0", 0.0),
        ("-1", -1.0),
        ("-0", 0.0),
    ] {
        for name in ["exp", "nbf", "iat"] {
            let claims = claims(&format!(r#"{{"{name}":{json}}}"#)).unwrap();
            let date = claims.expires_at.or(claims.not_before).or(claims.issued_at).unwrap();
            assert_eq!(date.seconds(), seconds, "{name} {json}");
        }
    }
    for json in [
        "\"1700000000\"",
        "true",
        "null",
        "[]",
        "{}",
        "[1]",
        "1e400",
        "-1e400",
        "1e300",
        "-1e300",
        "NaN",
        "Infinity",
        "18446744073709551616",
        "9223372036854775808",
        "-9223372036854775808",
        "01",
        "1_000",
        "0x10",
        "+1",
    ] {
        for name in ["exp", "nbf", "iat"] {
            let result = claims(&format!(r#"{{"{name}":{json}}}"#));
            assert_eq!(result.unwrap_err(), AuthErrorKind::InvalidClaims, "{name} {json}");
        }
    }
}

#[test]
fn r69_an_audience_is_a_string_or_strings() {
    let audiences = |json: &str| -> Vec<String> {
        claims(json).unwrap().audiences().map(str::to_owned).collect()
    };
    assert_eq!(audiences(r#"{"aud":"a"}"#), ["a"]);
    assert_eq!(audiences(r#"{"aud":["a","b","c\u0064"]}"#), ["a", "b", "cd"]);
    assert!(audiences("{}").is_empty());
    for aud in ["[]", "[1]", "[\"a\",1]", "[[\"a\"]]", "{}", "{\"a\":1}", "null", "1", "true"] {
        let json = format!(r#"{{"aud":{aud}}}"#);
        assert_eq!(claims(&json).unwrap_err(), AuthErrorKind::InvalidClaims, "{aud}");
    }
}

#[test]
fn registered_claims_of_another_form_are_refused() {
    for name in ["iss", "sub", "jti"] {
        for value in ["1", "[]", "[\"a\"]", "{}", "true"] {
            assert!(claims(&format!(r#"{{"{name}":{value}}}"#)).is_err(), "{name} {value}");
        }
    }
}

#[test]
fn scopes_are_read_in_each_form_and_never_merged() {
    let scope = |json: &str| claims(json).unwrap().scope().map(str::to_owned);
    assert_eq!(scope(r#"{"scope":"a b"}"#).as_deref(), Some("a b"));
    assert_eq!(scope(r#"{"scope":["a","b"]}"#).as_deref(), Some("a b"));
    assert_eq!(scope(r#"{"scp":["a","b"]}"#).as_deref(), Some("a b"));
    assert_eq!(scope(r#"{"scp":"z","scope":"a"}"#).as_deref(), Some("a"));
    // One element with a space would turn into two scopes.
    assert_eq!(scope(r#"{"scope":["a b"]}"#), None);
    assert_eq!(scope(r#"{"scope":{"a":1}}"#), None);
    for other in ["null", "1", "{}", r#"["a b"]"#, r#"["a",1]"#] {
        assert_eq!(scope(&format!(r#"{{"scope":{other},"scp":"a"}}"#)), None, "{other}");
    }
}

#[test]
fn client_and_session_are_one_text_or_absent() {
    for (value, expected) in
        [(r#""a""#, Some("a")), (r#"["a"]"#, None), ("1", None), ("null", None)]
    {
        let claims = claims(&format!(r#"{{"client_id":{value},"sid":{value}}}"#)).unwrap();
        assert_eq!((claims.client_id(), claims.session_id()), (expected, expected), "{value}");
    }
}

#[test]
fn what_is_written_with_escapes_is_what_it_means() {
    let json = r#"{"iss":"\u0061","sub":"b","\u006ati":"c\u0064","client_id":"\u0065","sid":"\n",
        "aud":["\u00e4","x","\ud83d\ude00","y"],"roles":["r","\u0073"],"scp":["\u0074","u"]}"#;
    let claims = claims(json).unwrap();
    let texts = [claims.issuer(), claims.subject(), claims.id(), claims.client_id()];
    assert_eq!(texts, [Some("a"), Some("b"), Some("cd"), Some("e")]);
    assert_eq!((claims.session_id(), claims.scope()), (Some("\n"), Some("t u")));
    assert!(claims.audiences().eq(["\u{e4}", "x", "\u{1f600}", "y"]));
    assert!(claims.roles().eq(["r", "s"]));
    assert_eq!(claims.json(), json, "as it was written");
}

#[test]
fn roles_of_another_form_give_no_role() {
    let roles =
        |json: &str| -> Vec<String> { claims(json).unwrap().roles().map(str::to_owned).collect() };
    assert_eq!(roles(r#"{"roles":["a","b"]}"#), ["a", "b"]);
    assert_eq!(roles(r#"{"roles":"admin"}"#), ["admin"]);
    for json in ["{}", r#"{"roles":null}"#, r#"{"roles":[1]}"#, r#"{"roles":{"admin":true}}"#] {
        assert!(roles(json).is_empty(), "{json}");
    }
    let path = RolesClaim::new(["a".to_owned(), "b".to_owned()]).unwrap();
    let at_path = |json: &str| -> Vec<String> {
        let claims = RegisteredClaims::parse(json.to_owned(), &path).unwrap();
        claims.roles().map(str::to_owned).collect()
    };
    assert_eq!(at_path(r#"{"a":{"b":["c"]}}"#), ["c"]);
    for other in [r#""c""#, r#"["c"]"#, r#"["b","c"]"#, r#"[{"b":"c"}]"#, r#"{"b":{"b":"c"}}"#] {
        assert!(at_path(&format!(r#"{{"a":{other}}}"#)).is_empty(), "{other}");
    }
}

#[test]
fn hostile_json_is_bounded() {
    let deep = format!(r#"{{"a":{}1{}}}"#, "[".repeat(5_000), "]".repeat(5_000));
    assert!(claims(&deep).is_err());
    assert!(header(&deep).is_err());
    let many: Vec<String> = (0..129).map(|n| format!(r#""m{n}":1"#)).collect();
    assert!(claims(&format!("{{{}}}", many.join(","))).is_err());
    assert!(claims(&format!("{{{}}}", many[..128].join(","))).is_ok());
}
