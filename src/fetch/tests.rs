use super::simulated::{Answer, Behaviour, Network};
use super::*;

const URL: &str = "https://id.example/keys";

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

async fn get(network: &Network, text: &str) -> Result<Bytes, String> {
    let answer = network.fetcher().get(&url(text), HeaderMap::new()).await;
    answer.map(Response::into_body).map_err(|error| error.to_string())
}

#[tokio::test(start_paused = true)]
async fn an_answer_comes_back_as_it_is() {
    let network = Network::new();
    network.answer(URL, Answer::ok("{}").header("etag", "\"1\""));
    let answer = network.fetcher().get(&url(URL), HeaderMap::new()).await.unwrap();
    assert_eq!((answer.status().as_u16(), &answer.body()[..]), (200, &b"{}"[..]));
    assert_eq!(answer.headers()["etag"], "\"1\"");
    let agent = network.seen()[0].headers()[header::USER_AGENT].clone();
    assert!(agent.to_str().unwrap().starts_with("tower-bearer/"));
    network.answer(URL, Answer::status(500));
    let answer = network.fetcher().get(&url(URL), HeaderMap::new()).await.unwrap();
    assert_eq!(answer.status().as_u16(), 500);
}

#[tokio::test(start_paused = true)]
async fn r187_pitfall_there_is_a_timeout_for_head_and_body_together() {
    for slow in [
        Answer::from(Behaviour::Hang),
        Answer::from(Behaviour::Drip),
        Answer::from(Behaviour::Drip).after(Duration::from_secs(4)),
    ] {
        let network = Network::new();
        network.answer(URL, slow);
        let begin = tokio::time::Instant::now();
        let error = get(&network, URL).await.unwrap_err();
        assert_eq!(begin.elapsed(), Duration::from_secs(5));
        assert!(error.contains(URL) && error.contains("within 5s"), "{error}");
        assert_eq!(network.in_flight(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn r187_a_hundred_megabytes_are_not_read() {
    let network = Network::new();
    network.answer(URL, Behaviour::Flood(100));
    let error = get(&network, URL).await.unwrap_err();
    assert!(error.contains("more than 1048576 bytes"), "{error}");
    // It is the one above the limit that ends it.
    assert_eq!((network.bytes(), network.in_flight()), (2 * 1024 * 1024, 0));
    network.answer(URL, Behaviour::Flood(1));
    assert_eq!(get(&network, URL).await.unwrap().len(), 1024 * 1024);
}

#[tokio::test(start_paused = true)]
async fn r187_the_announced_size_is_believed_only_where_it_is_too_large() {
    let network = Network::new();
    network.answer(URL, Answer::ok("{}").header("content-length", "1048577"));
    assert!(get(&network, URL).await.is_err());
    assert_eq!(network.bytes(), 0);
    let lie = Answer::from(Behaviour::Flood(100)).header("content-length", "2");
    network.answer(URL, lie);
    assert!(get(&network, URL).await.is_err());
    assert_eq!(network.bytes(), 2 * 1024 * 1024);
}

#[tokio::test(start_paused = true)]
async fn a_torn_answer_a_refused_connection_and_a_panic_are_errors() {
    for (behaviour, text) in [
        (Behaviour::Torn("{\"keys\":[".into()), "broke off: unexpected end of file"),
        (Behaviour::Away, "connection refused"),
        (Behaviour::Panic, "panicked"),
    ] {
        let network = Network::new();
        network.answer(URL, behaviour);
        let error = get(&network, URL).await.unwrap_err();
        assert!(error.contains(text) && error.contains(URL), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn r187_redirects_are_followed_within_the_origin_and_nowhere_else() {
    let network = Network::new();
    network.answer("https://id.example/new", Answer::ok("{}"));
    for same in ["/new", "new", "https://id.example/new", "https://id.example:443/new"] {
        network.answer(URL, Answer::redirect(same));
        assert_eq!(get(&network, URL).await.unwrap(), "{}", "{same}");
    }
    for other in [
        "https://evil.example/new",
        "//evil.example/new",
        "https://id.example:8443/new",
        "http://id.example/new",
        "https://id.example.evil.example/new",
        "https://id.example@evil.example/new",
        "file:///etc/passwd",
        "http://169.254.169.254/",
    ] {
        network.answer(URL, Answer::redirect(other));
        network.answer(other, Answer::ok("{}"));
        let before = network.seen().len();
        let error = get(&network, URL).await.unwrap_err();
        assert!(error.contains("redirects"), "{other}: {error}");
        assert_eq!(network.seen().len(), before + 1, "{other}");
    }
    network.answer(URL, Answer::redirect("https://me:hunter2@id.example/new"));
    let error = get(&network, URL).await.unwrap_err();
    assert!(error.contains("no user and password") && !error.contains("hunter2"), "{error}");
    network.answer(URL, Answer::status(302));
    assert!(get(&network, URL).await.unwrap_err().contains("no URL"));
}

#[tokio::test(start_paused = true)]
async fn a_redirect_in_a_circle_ends() {
    let network = Network::new();
    network.answer(URL, Answer::redirect(URL));
    assert!(get(&network, URL).await.unwrap_err().contains("on and on"));
    assert_eq!(network.count(URL), 4);
}

#[tokio::test(start_paused = true)]
async fn what_is_posted_follows_no_redirect() {
    let network = Network::new();
    for status in [301, 302, 303, 307, 308] {
        network.answer(URL, Answer::status(status).header("location", "/new"));
        let posted = network.fetcher().post(&url(URL), HeaderMap::new(), "token=a".into()).await;
        assert!(posted.unwrap_err().fault().contains("https://id.example/new"));
    }
    assert_eq!(network.count("https://id.example/new"), 0);
    network.answer(URL, Answer::ok("{}"));
    let posted = network.fetcher().post(&url(URL), HeaderMap::new(), "token=a".into()).await;
    assert_eq!(posted.unwrap().body(), "{}");
    assert_eq!(network.seen().last().unwrap().body(), "token=a");
}

#[tokio::test(start_paused = true)]
async fn r187_only_https_is_asked_or_this_machine() {
    let network = Network::new();
    for good in [
        "https://id.example/",
        "http://localhost:8080/",
        "http://127.0.0.1/",
        "http://127.1.2.3/",
        "http://[::1]:80/",
    ] {
        assert_eq!(check(&url(good), false), Ok(()), "{good}");
    }
    for bad in [
        "http://id.example/",
        "http://localhost.evil.example/",
        "http://10.0.0.1/",
        "http://0.0.0.0/",
        "http://[::]/",
        "ftp://id.example/",
        "file:///etc/passwd",
        "data:application/json,{}",
        "https://me@id.example/",
        "https://:secret@id.example/",
    ] {
        assert!(check(&url(bad), false).is_err(), "{bad}");
        network.answer(bad, Answer::ok("{}"));
        assert!(get(&network, bad).await.is_err(), "{bad}");
    }
    assert_eq!(network.seen().len(), 0);
    let mut fetcher = network.fetcher();
    fetcher.insecure_http = true;
    network.answer("http://id.example/", Answer::ok("{}"));
    assert!(fetcher.get(&url("http://id.example/"), HeaderMap::new()).await.is_ok());
    assert!(check(&url("ftp://id.example/"), true).is_err());
    assert!(check(&url("http://me@id.example/"), true).is_err());
}

#[tokio::test(start_paused = true)]
async fn no_credential_is_in_an_error_or_in_debug() {
    let network = Network::new();
    let error = get(&network, "https://me:hunter2@id.example/keys").await.unwrap_err();
    assert!(!error.contains("hunter2") && error.contains(URL), "{error}");
    assert_eq!(format!("{:?}", network.client()), "HttpClient(\"service\")");
    assert_eq!(format!("{:?}", HttpClient::new()), "HttpClient(\"default\")");
}
