//! Fields of the application's own.

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tower_bearer::{AccountStore, MemoryStore, UserChange};

use super::support::{Answer, App, PASSWORD, app, apps, apps_with};

#[derive(Serialize, Deserialize)]
struct Profile {
    display_name: String,
    #[serde(default)]
    locale: Option<String>,
}

async fn register(app: &App, name: &str, profile: Value) -> Answer {
    let body = json!({ "username": name, "password": PASSWORD, "profile": profile });
    app.json("/register", body).await
}

async fn token(app: &App, name: &str) -> String {
    app.password_grant(name, &[]).await.text("access_token")
}

async fn change(app: &App, method: Method, token: &str, body: Value) -> Answer {
    app.json_with_token(method, "/me", token, body).await
}

async fn shown(app: &App, token: &str) -> Value {
    app.with_token(Method::GET, "/me", token).await.json()["profile"].clone()
}

#[tokio::test]
async fn a_profile_goes_through_its_type_in_and_out() {
    for app in apps_with!(|router| router.accounts().profile::<Profile>()).await {
        let sent = json!({ "display_name": "Al \u{1F600}'", "is_admin": true, "roles": ["admin"] });
        let registered = register(&app, "alice", sent).await;
        let expected = json!({ "display_name": "Al \u{1F600}'", "locale": null });
        assert_eq!((registered.status.as_u16(), &registered.json()["profile"]), (201, &expected));
        let token = token(&app, "alice").await;
        assert_eq!(shown(&app, &token).await, expected);

        let sent = json!({ "profile": { "display_name": "A.", "locale": "de", "extra": {} } });
        let expected = json!({ "display_name": "A.", "locale": "de" });
        let changed = change(&app, Method::PATCH, &token, sent).await;
        assert_eq!((changed.status.as_u16(), &changed.json()["profile"]), (200, &expected));
        // What is not named stays, in it too.
        let renamed = change(&app, Method::PATCH, &token, json!({ "name": "Alice" })).await;
        assert_eq!(renamed.json()["profile"], expected);
        let sent = json!({ "profile": { "display_name": "B." } });
        change(&app, Method::PATCH, &token, sent).await;
        let expected = json!({ "display_name": "B.", "locale": "de" });
        assert_eq!(shown(&app, &token).await, expected);

        let sent = json!({ "name": "Alice", "profile": { "locale": null } });
        let put = change(&app, Method::PUT, &token, sent).await;
        let expected = json!({ "display_name": "B.", "locale": null });
        assert_eq!(put.json()["profile"], expected);
        assert_eq!(change(&app, Method::PUT, &token, json!({})).await.json()["profile"], expected);
        change(&app, Method::PATCH, &token, json!({ "profile": null })).await;
        assert_eq!(shown(&app, &token).await, json!(null));
    }
}

#[tokio::test]
async fn a_user_may_have_no_profile() {
    for app in apps_with!(|router| router.profile::<Profile>()).await {
        assert_eq!(app.register("alice").await.json()["profile"], json!(null));
        assert_eq!(register(&app, "bob", json!(null)).await.json()["profile"], json!(null));
        let token = token(&app, "alice").await;
        assert_eq!(shown(&app, &token).await, json!(null));
    }
}

#[tokio::test]
async fn what_does_not_fit_is_refused_without_a_word_of_the_type() {
    for app in apps_with!(|router| router.accounts().profile::<Profile>()).await {
        register(&app, "alice", json!({ "display_name": "A." })).await;
        let token = token(&app, "alice").await;
        let incomplete = register(&app, "bob", json!({})).await;
        incomplete.assert_error(422, "invalid_field");
        for bad in [
            json!({ "display_name": 7 }),
            json!({ "display_name": null }),
            json!({ "display_name": "A.", "locale": ["de"] }),
            json!("text"),
            json!([{ "display_name": "A." }]),
            // serde would take it for the members in their order.
            json!(["A.", "de"]),
            json!(7),
            json!({ "display_name": "a\0b" }),
        ] {
            let body = json!({ "profile": bad });
            for answer in [
                register(&app, "bob", bad.clone()).await,
                change(&app, Method::PATCH, &token, body.clone()).await,
                change(&app, Method::PUT, &token, body).await,
            ] {
                answer.assert_error(422, "invalid_field");
                assert_eq!(answer.text("field"), "profile", "{bad}");
                let text = answer.text("error_description");
                for leak in ["display_name", "expected", "missing", "invalid type", "line"] {
                    assert!(!text.contains(leak), "{text}");
                }
            }
        }
        assert_eq!(shown(&app, &token).await["display_name"], "A.");
        let large = json!({ "profile": { "display_name": "x".repeat(20_000) } });
        let large = change(&app, Method::PATCH, &token, large).await;
        large.assert_error(413, "invalid_request");
    }
}

#[tokio::test]
async fn without_a_type_it_is_neither_read_nor_shown() {
    for app in apps().await {
        let registered = register(&app, "alice", json!(7)).await;
        assert_eq!(registered.status, 201);
        assert!(registered.json().get("profile").is_none());
    }
}

#[tokio::test]
async fn a_stored_profile_that_fits_no_more_locks_nobody_out() {
    let store = MemoryStore::new();
    let app = app(store.clone(), |router| router.accounts().profile::<Profile>()).await;
    let id = app.register("alice").await.text("id");
    for (stored, expected) in [
        (
            json!({ "display_name": "A.", "gone": 1 }),
            json!({ "display_name": "A.", "locale": null }),
        ),
        (json!({ "name_of_before": "A." }), json!(null)),
    ] {
        store.update_user(&id, &UserChange::new().profile(stored)).await.unwrap();
        let token = token(&app, "alice").await;
        assert_eq!(shown(&app, &token).await, expected);
    }
}
