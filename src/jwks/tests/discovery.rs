//! Metadata: where they are, and what is believed of them.

use super::*;

const OIDC: &str = "https://id.example/.well-known/openid-configuration";
const OAUTH: &str = "https://id.example/.well-known/oauth-authorization-server";

fn metadata(issuer: &str, keys: &str) -> Answer {
    Answer::ok(json!({ "issuer": issuer, "jwks_uri": keys }).to_string())
}

fn discover(provider: &Provider, issuer: &str) -> VerifierBuilder<RemoteKeySet> {
    let keys = RemoteKeySet::discover(issuer).http_client(provider.network.client());
    Verifier::remote(keys).audience("api").clock(provider.clock.clone())
}

async fn fault(provider: &Provider, issuer: &str) -> String {
    discover(provider, issuer).build().await.unwrap_err().to_string()
}

#[tokio::test(start_paused = true)]
async fn an_issuer_is_discovered_with_and_without_a_slash_and_with_a_path() {
    for (issuer, place) in [
        ("https://id.example", OIDC),
        ("https://id.example/", OIDC),
        (
            "https://id.example/realms/a",
            "https://id.example/realms/a/.well-known/openid-configuration",
        ),
        ("https://id.example/a/", "https://id.example/a/.well-known/openid-configuration"),
        ("https://id.example/a%20b", "https://id.example/a%20b/.well-known/openid-configuration"),
        ("https://id.example:8443", "https://id.example:8443/.well-known/openid-configuration"),
    ] {
        let key = Key::new("1");
        let provider = Provider::new(&[&key]);
        provider.network.answer(place, metadata(issuer, KEYS));
        let verifier = discover(&provider, issuer).build().await.unwrap();
        let own = key.issuer.clone().issuer(issuer).clock(provider.clock.clone());
        let token = own.issue(&Grant::new("alice")).unwrap();
        assert!(verify(&verifier, &token).await.is_ok(), "{issuer}");
        // The issuer is checked in tokens, letter by letter.
        let other = own.issuer(format!("{issuer}/")).issue(&Grant::new("alice")).unwrap();
        assert_eq!(verify(&verifier, &other).await.unwrap_err(), AuthErrorKind::InvalidIssuer);
        let status = &verifier.key_status()[0];
        assert_eq!((status.source(), status.url()), (issuer, Some(KEYS)));
    }
}

#[tokio::test(start_paused = true)]
async fn where_there_is_no_openid_the_metadata_of_rfc_8414_are_taken() {
    for (issuer, place) in [
        ("https://id.example", OAUTH.to_owned()),
        ("https://id.example/", OAUTH.to_owned()),
        ("https://id.example/a/b", format!("{OAUTH}/a/b")),
        ("https://id.example/a/", format!("{OAUTH}/a")),
    ] {
        for miss in [Answer::status(404), Answer::status(403), Answer::ok("<html>an app</html>")] {
            let provider = Provider::new(&[&Key::new("1")]);
            let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
            provider.network.answer(&url, miss);
            provider.network.answer(&place, metadata(issuer, KEYS));
            assert!(discover(&provider, issuer).build().await.is_ok(), "{issuer}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_names_both_urls_that_were_tried() {
    let provider = Provider::new(&[]);
    let error = fault(&provider, "https://id.example").await;
    for part in [OIDC, OAUTH, "404 Not Found", "`Verifier::jwks`", "\"https://id.example\""] {
        assert!(error.contains(part), "{error}");
    }
    provider.network.answer(OIDC, Answer::status(503));
    let error = fault(&provider, "https://id.example").await;
    assert!(error.contains(OIDC) && error.contains("503") && !error.contains(OAUTH), "{error}");
}

#[tokio::test(start_paused = true)]
async fn metadata_of_another_issuer_are_refused() {
    let provider = Provider::new(&[&Key::new("1")]);
    for other in [
        "https://id.example/",
        "https://ID.example",
        "https://id.example:443",
        "http://id.example",
        "https://evil.example",
        "https://id.example ",
        "",
    ] {
        provider.network.answer(OIDC, metadata(other, KEYS));
        let error = fault(&provider, "https://id.example").await;
        assert!(error.contains(&format!("names the issuer {other:?}")), "{error}");
        assert!(error.contains("\"https://id.example\" is configured"), "{error}");
    }
    assert_eq!((provider.fetches(), provider.network.count(OAUTH)), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn r187_a_jwks_uri_is_https_too() {
    let provider = Provider::new(&[&Key::new("1")]);
    for bad in [
        "http://id.example/keys",
        "http://127.0.0.1/keys",
        "http://localhost:8080/keys",
        "file:///keys.json",
        "https://me:hunter2@id.example/keys",
        "/keys",
        "",
    ] {
        provider.network.answer(OIDC, metadata("https://id.example", bad));
        provider.network.answer(bad, Answer::ok(set(&[&Key::new("1")])));
        let before = provider.network.seen().len();
        let error = fault(&provider, "https://id.example").await;
        assert!(error.contains("jwks_uri"), "{error}");
        assert_eq!(provider.network.seen().len(), before + 1, "{bad}");
        assert!(!error.contains("hunter2"), "{error}");
    }
    provider.network.answer(OIDC, Answer::ok(r#"{"issuer":"https://id.example"}"#));
    assert!(fault(&provider, "https://id.example").await.contains("no jwks_uri"));
}

#[tokio::test(start_paused = true)]
async fn r187_a_provider_elsewhere_does_not_name_this_machine() {
    let provider = Provider::new(&[]);
    let keys = set(&[&Key::new("1")]);
    let local = "https://localhost:8443";
    let place = "https://localhost:8443/.well-known/openid-configuration";
    for url in ["https://localhost/keys", "https://127.0.0.1:8443/keys", "https://[::1]/keys"] {
        provider.network.answer(url, Answer::ok(keys.clone()));
        provider.network.answer(OIDC, metadata("https://id.example", url));
        let error = fault(&provider, "https://id.example").await;
        assert!(error.contains("jwks_uri") && error.contains("this machine"), "{error}");
        assert_eq!(provider.network.count(url), 0);
        provider.network.answer(place, metadata(local, url));
        assert!(discover(&provider, local).build().await.is_ok(), "{url}");
    }
}

#[tokio::test(start_paused = true)]
async fn keys_may_be_on_another_host_and_local_http_stays_local() {
    let provider = Provider::new(&[]);
    let keys = set(&[&Key::new("1")]);
    let elsewhere = "https://keys.example/1";
    provider.network.answer(OIDC, metadata("https://id.example", elsewhere));
    provider.network.answer(elsewhere, Answer::ok(keys.clone()));
    assert!(discover(&provider, "https://id.example").build().await.is_ok());

    let issuer = "http://127.0.0.1:8080";
    let place = "http://127.0.0.1:8080/.well-known/openid-configuration";
    for (url, good) in [("http://127.0.0.1:8080/keys", true), ("http://id.example/keys", false)] {
        provider.network.answer(place, metadata(issuer, url));
        provider.network.answer(url, Answer::ok(keys.clone()));
        assert_eq!(discover(&provider, issuer).build().await.is_ok(), good, "{url}");
    }
}

#[test]
fn an_issuer_that_is_no_plain_https_url_is_refused() {
    for bad in [
        "id.example",
        "",
        "http://id.example",
        "https://id.example?a=b",
        "https://id.example#a",
        "https://id.example/?",
        "https://me:secret@id.example",
        "urn:example:issuer",
        "https://",
        " https://id.example",
        "https://id.example\n",
        "https://id.example/.well-known/openid-configuration",
        "https://id.example/a/.well-known/openid-configuration",
        "https://id.example/.well-known/oauth-authorization-server/a",
    ] {
        let error = Verifier::discover(bad).audience("api").build_lazy().unwrap_err();
        let is_issuer = matches!(error, ConfigError::InvalidValue { setting: "issuer", .. });
        assert!(is_issuer && !error.to_string().contains("secret"), "{bad}: {error}");
    }
}

#[tokio::test(start_paused = true)]
async fn r187_a_request_waits_for_one_timeout_however_many_answers_it_takes() {
    let (key, issuer) = (Key::new("1"), "https://id.example");
    let provider = Provider::new(&[&key]);
    provider.network.answer(OIDC, Answer::status(404).after(4 * SECOND));
    provider.network.answer(OAUTH, metadata(issuer, KEYS).after(4 * SECOND));
    let verifier = discover(&provider, issuer).build_lazy().unwrap();
    let token = key.issuer.clone().issuer(issuer).clock(provider.clock.clone());
    let token = token.issue(&Grant::new("alice")).unwrap();
    let (result, taken) = time(verify(&verifier, &token)).await;
    assert_eq!((result.unwrap_err(), taken), (AuthErrorKind::Unavailable, 5 * SECOND));
    let (result, taken) = time(verify(&verifier, &token)).await;
    assert!(result.is_ok(), "what was begun went on without it");
    assert_eq!(taken, 3 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn metadata_in_place_of_keys_are_named_for_what_they_are() {
    let provider = Provider::new(&[]);
    provider.network.answer(OIDC, metadata("https://id.example", KEYS));
    provider.network.answer(KEYS, Answer::ok("{}"));
    for (url, is_named) in [(OIDC, true), (KEYS, false)] {
        let keys = RemoteKeySet::at(url).http_client(provider.network.client());
        let builder = Verifier::remote(keys).issuer("https://id.example").audience("api");
        let error = builder.build().await.unwrap_err().to_string();
        assert!(error.contains("no array named keys"), "{error}");
        assert_eq!(error.contains("use `Verifier::discover`"), is_named, "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn metadata_are_remembered_for_a_day_and_until_the_keys_have_moved() {
    let (old, new) = (Key::new("1"), Key::new("2"));
    let provider = Provider::new(&[&old]);
    let issuer = "https://id.example";
    provider.network.answer(OIDC, metadata(issuer, KEYS));
    provider.network.answer(KEYS, Answer::ok(set(&[&old])).header("etag", "\"1\""));
    let verifier = discover(&provider, issuer).build().await.unwrap();
    advance(DAY - HOUR).await;
    assert_eq!(provider.network.count(OIDC), 1);
    advance(2 * HOUR).await;
    assert_eq!(provider.network.count(OIDC), 2);

    // They are away: what is known of the place is good as long as the keys are there.
    provider.network.answer(OIDC, Answer::status(500));
    advance(2 * DAY).await;
    assert!(verifier.key_status()[0].is_usable());

    // They are back, and what they say is a few minutes old when the keys move.
    provider.network.answer(OIDC, metadata(issuer, KEYS));
    advance(10 * MINUTE).await;
    let moved = "https://id.example/moved";
    provider.network.answer(OIDC, metadata(issuer, moved));
    // The tag of the old place says nothing at the new one.
    let keys = Answer::ok(set(&[&new])).header("etag", "\"1\"");
    provider.network.answer_with(moved, move |request| {
        match request.headers().contains_key("if-none-match") {
            true => Answer::status(304),
            false => keys.clone(),
        }
    });
    provider.network.answer(KEYS, Answer::status(410));
    advance(10 * MINUTE).await;
    let token = new.issuer.clone().issuer(issuer).clock(provider.clock.clone());
    let token = token.issue(&Grant::new("alice")).unwrap();
    assert!(verify(&verifier, &token).await.is_ok());
    assert_eq!(verifier.key_status()[0].url(), Some(moved));
}
