//! Limits on what a token makes us do, all of them under a right signature.

use super::*;

#[test]
fn r78_claims_are_bounded_in_depth_and_number() {
    let bench = Bench::new();
    // The claims themselves are the first level of 127.
    let nested = |levels: usize| {
        let (open, close) = ("[".repeat(levels), "]".repeat(levels));
        claims(&format!(r#""x":{open}{close}"#))
    };
    let objects = |levels: usize| {
        let (open, close) = (r#"{"a":"#.repeat(levels), "}".repeat(levels));
        claims(&format!(r#""x":{open}1{close}"#))
    };
    for depth in [nested, objects] {
        assert!(bench.check(&depth(126)).is_ok());
        assert_eq!(bench.kind(&depth(127)), AuthErrorKind::InvalidClaims);
        assert_eq!(bench.kind(&depth(1_000)), AuthErrorKind::InvalidClaims);
    }

    let members = |count: usize| {
        let members: Vec<String> = (0..count).map(|at| format!(r#""m{at}":0"#)).collect();
        members.join(",")
    };
    assert!(bench.check(&claims(&members(128))).is_ok());
    assert_eq!(bench.kind(&claims(&members(129))), AuthErrorKind::InvalidClaims);
    let inner = |count: usize| claims(&format!(r#""x":{{{}}}"#, members(count)));
    assert!(bench.check(&inner(128)).is_ok());
    assert_eq!(bench.kind(&inner(129)), AuthErrorKind::InvalidClaims);
}

#[test]
fn r78_a_header_is_bounded_in_depth_and_number() {
    let bench = Bench::new();
    let deep = format!(r#"{{"alg":"HS256","x":{}{}}}"#, "[".repeat(127), "]".repeat(127));
    let members: Vec<String> = (0..129).map(|at| format!(r#""m{at}":0"#)).collect();
    let many = format!(r#"{{"alg":"HS256",{}}}"#, members.join(","));
    for header in [deep, many] {
        let kind = bench.check_with(&header, &claims("")).unwrap_err();
        assert_eq!(kind, AuthErrorKind::MalformedToken);
    }
}

#[test]
fn r78_a_token_has_at_most_8_kib() {
    let bench = Bench::new();
    let verifier = bench.builder().build().unwrap();
    let padded = |length: usize| {
        let token = sign(
            &bench.key,
            r#"{"alg":"HS256"}"#,
            &claims(&format!(r#""pad":"{}""#, "p".repeat(length))),
        );
        (token.len(), verifier.check_at_hand(&token).map(drop))
    };
    // Three bytes of claims are four characters, so that the limit is met exactly or by three less.
    let (fits, verdict) = (5_900..6_200)
        .map(padded)
        .filter(|(length, _)| *length <= MAX_TOKEN_BYTES)
        .max_by_key(|(length, _)| *length)
        .unwrap();
    assert!(fits > MAX_TOKEN_BYTES - 3 && verdict.is_ok(), "{fits}: {verdict:?}");
    let (above, verdict) = (5_900..6_200)
        .map(padded)
        .filter(|(length, _)| *length > MAX_TOKEN_BYTES)
        .min_by_key(|(length, _)| *length)
        .unwrap();
    assert!(above < MAX_TOKEN_BYTES + 3, "{above}");
    assert_eq!(verdict, Err(AuthErrorKind::CredentialsTooLong));
}

#[test]
fn r50_signed_bytes_that_are_no_json_object_are_refused() {
    let bench = Bench::new();
    let verifier = bench.builder().build().unwrap();
    let utf16: Vec<u8> = claims("").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked = [b"\xef\xbb\xbf", claims("").as_bytes()].concat();
    let control = claims(r#""x":"?""#).replace('?', "\u{1}").into_bytes();
    for (payload, expected) in [
        (&b"\xff\xfe"[..], AuthErrorKind::MalformedToken),
        (b"{\"sub\":\"\xc0\xaf\"}", AuthErrorKind::MalformedToken),
        (b"{\"sub\":\"\xed\xa0\x80\"}", AuthErrorKind::MalformedToken),
        (&utf16, AuthErrorKind::InvalidClaims),
        (&marked, AuthErrorKind::InvalidClaims),
        (&control, AuthErrorKind::InvalidClaims),
        (b"{\"sub\":\"\\ud800\"}", AuthErrorKind::InvalidClaims),
        (b"[]", AuthErrorKind::InvalidClaims),
        (b"null", AuthErrorKind::InvalidClaims),
        (b"\"{}\"", AuthErrorKind::InvalidClaims),
    ] {
        let signed = format!("{}.{}", encode(r#"{"alg":"HS256"}"#), encode(payload));
        let token = format!("{signed}.{}", encode(bench.key.sign(signed.as_bytes()).unwrap()));
        assert_eq!(verifier.check_at_hand(&token).unwrap_err(), expected, "{payload:?}");
    }
}
