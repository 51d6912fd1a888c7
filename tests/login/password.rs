//! A user's own change of password (requirements 118, 158, 172).

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Method, Request, header};
use serde_json::{Value, json};
use tower_bearer::{
    AuditRecord, Email, InsertUserError, LoginThrottle, MemoryStore, NewUser, Rate, RefreshStore,
    RefreshTokens, StoreError, User, UserStore, Username,
};

use super::support::{Answer, App, PASSWORD, app_with_stores, apps, apps_with};

const NEW: &str = "a wide meadow in June";

async fn change(app: &App, token: &str, current: &str, new: &str) -> Answer {
    let body = json!({ "current_password": current, "new_password": new });
    app.json_with_token(Method::POST, "/password", token, body).await
}

async fn log_in(app: &App, username: &str, password: &str) -> Answer {
    app.json("/login", json!({ "username": username, "password": password })).await
}

#[tokio::test]
async fn r172_a_change_needs_the_current_password() {
    for app in apps().await {
        app.register("alice").await;
        let token = log_in(&app, "alice", PASSWORD).await.text("access_token");
        let wrong = change(&app, &token, "not my password", NEW).await;
        wrong.assert_error(400, "invalid_grant");
        let long = change(&app, &token, &"x".repeat(2000), NEW).await;
        long.assert_error(400, "invalid_grant");
        assert_eq!(log_in(&app, "alice", PASSWORD).await.status, 200);

        let changed = change(&app, &token, PASSWORD, NEW).await;
        assert_eq!((changed.status.as_u16(), changed.body), (204, vec![]));
        assert_eq!(changed.headers[header::CACHE_CONTROL], "no-store");
        log_in(&app, "alice", PASSWORD).await.assert_error(400, "invalid_grant");
        assert_eq!(log_in(&app, "alice", NEW).await.status, 200);
    }
}

#[tokio::test]
async fn r118_r172_a_change_ends_the_other_sessions_and_keeps_this_one() {
    for app in apps().await {
        app.register("alice").await;
        app.register("bob").await;
        let this = log_in(&app, "alice", PASSWORD).await;
        let other = log_in(&app, "alice", PASSWORD).await;
        let of_bob = log_in(&app, "bob", PASSWORD).await;
        assert_eq!(change(&app, &this.text("access_token"), PASSWORD, NEW).await.status, 204);

        app.refresh(&other.text("refresh_token")).await.assert_error(400, "invalid_grant");
        assert_eq!(app.refresh(&this.text("refresh_token")).await.status, 200);
        assert_eq!(app.refresh(&of_bob.text("refresh_token")).await.status, 200);
        // The access token that is left of the other session changes nothing more.
        let late = change(&app, &other.text("access_token"), NEW, PASSWORD).await;
        assert_eq!(late.status, 401, "{late:?}");
    }
}

#[tokio::test]
async fn r165_r170_the_new_password_keeps_the_rules() {
    for app in apps().await {
        let body = json!({
            "username": "wombat", "password": PASSWORD, "name": "Alice Liddell",
            "email": "mailbox@example.com",
        });
        assert_eq!(app.json("/register", body).await.status, 201);
        let login = log_in(&app, "wombat", PASSWORD).await;
        let token = login.text("access_token");
        for refused in ["seven-7", "Password1", "wombat99!", "Liddell-1", "mailbox-7"] {
            let answer = change(&app, &token, PASSWORD, refused).await;
            answer.assert_error(422, "invalid_field");
            assert_eq!(answer.text("field"), "new_password", "{refused}");
        }
        for (body, field) in [
            (json!({ "new_password": NEW }), "current_password"),
            (json!({ "current_password": PASSWORD }), "new_password"),
            (json!({ "current_password": 7, "new_password": NEW }), "current_password"),
            (json!({ "current_password": PASSWORD, "new_password": [] }), "new_password"),
            (json!({ "current_password": "", "new_password": NEW }), "current_password"),
        ] {
            let answer = app.json_with_token(Method::POST, "/password", &token, body).await;
            answer.assert_error(422, "invalid_field");
            assert_eq!(answer.text("field"), field);
        }
        assert_eq!(app.refresh(&login.text("refresh_token")).await.status, 200, "no session ended");
        assert_eq!(log_in(&app, "wombat", PASSWORD).await.status, 200);
    }
}

#[tokio::test]
async fn r105_guesses_of_the_current_password_count_as_those_at_the_login() {
    let throttle = || LoginThrottle::new().per_account("3/minute".parse::<Rate>().unwrap());
    for app in apps_with!(|router| router.throttle(throttle())).await {
        app.register("alice").await;
        let token = log_in(&app, "alice", PASSWORD).await.text("access_token");
        // What breaks a rule is no guess.
        for _ in 0..5 {
            change(&app, &token, "guess", "short").await.assert_error(422, "invalid_field");
        }
        for _ in 0..2 {
            change(&app, &token, "guess", NEW).await.assert_error(400, "invalid_grant");
        }
        log_in(&app, "alice", "guess").await.assert_error(400, "invalid_grant");
        let refused = change(&app, &token, PASSWORD, NEW).await;
        refused.assert_error(429, "too_many_requests");
        assert!(refused.headers.contains_key(header::RETRY_AFTER));
        log_in(&app, "alice", PASSWORD).await.assert_error(429, "too_many_requests");

        app.clock.advance(Duration::from_secs(60));
        assert_eq!(change(&app, &token, PASSWORD, NEW).await.status, 204);
        // A success clears the count.
        for _ in 0..2 {
            change(&app, &token, "guess", NEW).await.assert_error(400, "invalid_grant");
        }
        assert_eq!(log_in(&app, "alice", NEW).await.status, 200);
    }
}

#[tokio::test]
async fn a_change_is_for_users_with_a_token_and_json() {
    for app in apps().await {
        app.register("alice").await;
        let body = json!({ "current_password": PASSWORD, "new_password": NEW });
        assert_eq!(app.json("/password", body).await.status, 401);
        let token = log_in(&app, "alice", PASSWORD).await.text("access_token");
        let none = app.with_token(Method::POST, "/password", &token).await;
        assert_eq!(none.status, 415);
        assert_eq!(app.with_token(Method::GET, "/password", &token).await.status, 405);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn r158_of_parallel_changes_one_wins_and_none_is_half_done() {
    // Those that come later have the wrong password, and are many.
    for app in apps_with!(|router| router.throttle(LoginThrottle::off())).await {
        let app = Arc::new(app);
        app.register("alice").await;
        let token = log_in(&app, "alice", PASSWORD).await.text("access_token");
        let tasks: Vec<_> = (0..8)
            .map(|number| {
                let (app, token) = (Arc::clone(&app), token.clone());
                let new = format!("{NEW} {number}");
                tokio::spawn(async move { (change(&app, &token, PASSWORD, &new).await, new) })
            })
            .collect();
        let mut winners = Vec::new();
        for task in tasks {
            let (answer, new) = task.await.unwrap();
            match answer.status.as_u16() {
                204 => winners.push(new),
                409 => answer.assert_error(409, "conflict"),
                _ => answer.assert_error(400, "invalid_grant"),
            }
        }
        let [winner] = winners.as_slice() else { panic!("{winners:?}") };
        assert_eq!(log_in(&app, "alice", winner).await.status, 200);
    }
}

#[tokio::test]
async fn the_trail_has_changes_and_refusals() {
    let trail: Arc<Mutex<Vec<Value>>> = Arc::default();
    let sink = || {
        let trail = Arc::clone(&trail);
        move |record: &AuditRecord| {
            trail.lock().unwrap().push(serde_json::to_value(record).unwrap())
        }
    };
    for app in apps_with!(|router| router.audit(sink())).await {
        let id = app.register("alice").await.text("id");
        let other = log_in(&app, "alice", PASSWORD).await.text("access_token");
        let other = app.claims(&other).await["sid"].clone();
        let token = log_in(&app, "alice", PASSWORD).await.text("access_token");
        trail.lock().unwrap().clear();

        change(&app, &token, "not my password", NEW).await.assert_error(400, "invalid_grant");
        assert_eq!(change(&app, &token, PASSWORD, NEW).await.status, 204);
        let at = 1_700_000_000;
        let expected = json!([
            { "at": at, "event": "password.change_refused", "user_id": id },
            { "at": at, "event": "session.ended", "user_id": id, "session_id": other,
              "reason": "password_change" },
            { "at": at, "event": "password.changed", "user_id": id },
        ]);
        assert_eq!(Value::from(std::mem::take(&mut *trail.lock().unwrap())), expected);
    }
}

/// Users to whom something happens while a login is on its way: after it has read what it verifies.
#[derive(Clone)]
struct Meanwhile(MemoryStore, Happens);

#[derive(Clone, Copy)]
enum Happens {
    /// Or no password can be changed.
    Outage,
    PasswordChange,
    Disabling,
    Deletion,
    /// Roles and all scopes but one are taken away.
    Demotion,
}

impl UserStore for Meanwhile {
    async fn insert_user(&self, new: NewUser, now: Duration) -> Result<User, InsertUserError> {
        self.0.insert_user(new, now).await
    }

    async fn find_user(&self, id: &str) -> Result<Option<User>, StoreError> {
        self.0.find_user(id).await
    }

    async fn find_user_by_username(&self, name: &Username) -> Result<Option<User>, StoreError> {
        use tower_bearer::{AccountStore, UserChange};
        let found = self.0.find_user_by_username(name).await?;
        if let Some(user) = &found {
            match self.1 {
                Happens::Outage => return Ok(found),
                Happens::PasswordChange => {
                    self.0.replace_password_hash(&user.id, user.password_hash(), "new").await?;
                }
                Happens::Disabling => {
                    self.0.update_user(&user.id, &UserChange::new().is_active(false)).await?;
                }
                Happens::Deletion => {
                    self.0.delete_user(&user.id).await?;
                }
                Happens::Demotion => {
                    let less = UserChange::new().roles([""; 0]).scopes(["me"]);
                    self.0.update_user(&user.id, &less).await?;
                }
            }
            self.0.end_sessions_of(&user.id, None).await?;
        }
        Ok(found)
    }

    async fn find_user_by_email(&self, email: &Email) -> Result<Option<User>, StoreError> {
        self.0.find_user_by_email(email).await
    }

    async fn replace_password_hash(
        &self,
        id: &str,
        old: &str,
        new: &str,
    ) -> Result<bool, StoreError> {
        match self.1 {
            Happens::Outage => Err(StoreError::unavailable("no connection")),
            _ => self.0.replace_password_hash(id, old, new).await,
        }
    }
}

#[tokio::test]
async fn r118_a_change_that_breaks_off_leaves_no_session_too_many() {
    let store = MemoryStore::new();
    let users = Meanwhile(store.clone(), Happens::Outage);
    let app = app_with_stores(users, store, |router| router).await;
    app.register("alice").await;
    let this = log_in(&app, "alice", PASSWORD).await;
    let other = log_in(&app, "alice", PASSWORD).await;
    let broken = change(&app, &this.text("access_token"), PASSWORD, NEW).await;
    broken.assert_error(503, "temporarily_unavailable");
    app.refresh(&other.text("refresh_token")).await.assert_error(400, "invalid_grant");
    assert_eq!(app.refresh(&this.text("refresh_token")).await.status, 200);
    assert_eq!(log_in(&app, "alice", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn r118_r183_a_login_on_its_way_does_not_outlast_what_ended_the_sessions() {
    for happens in [Happens::PasswordChange, Happens::Disabling, Happens::Deletion] {
        let store = MemoryStore::new();
        let app = app_with_stores(Meanwhile(store.clone(), happens), store.clone(), |it| it).await;
        let id = app.register("alice").await.text("id");
        log_in(&app, "alice", PASSWORD).await.assert_error(400, "invalid_grant");
        assert!(store.sessions_of(&id, app.clock.now()).await.unwrap().is_empty());

        let store = MemoryStore::new();
        let users = Meanwhile(store.clone(), happens);
        let app = app_with_stores(users, store, |router| {
            router.stateless_refresh_tokens(RefreshTokens::stateless())
        })
        .await;
        app.register("alice").await;
        log_in(&app, "alice", PASSWORD).await.assert_error(400, "invalid_grant");
    }
}

#[tokio::test]
async fn r122_a_login_on_its_way_gets_what_the_user_holds_by_then() {
    type Router = tower_bearer::LoginRouter<Meanwhile, MemoryStore>;
    let kinds: [fn(Router) -> Router; 2] =
        [|it| it, |it| it.stateless_refresh_tokens(RefreshTokens::stateless())];
    for kind in kinds {
        let store = MemoryStore::new();
        let users = Meanwhile(store.clone(), Happens::Demotion);
        let app = app_with_stores(users, store, kind).await;
        let answer = log_in(&app, "admin", PASSWORD).await;
        assert_eq!(answer.text("scope"), "me");
        let claims = app.claims(&answer.text("access_token")).await;
        assert_eq!((&claims["scope"], &claims["roles"]), (&json!("me"), &Value::Null));
    }
}

#[tokio::test]
async fn r193_an_api_key_changes_no_password() {
    use tower_bearer::{ApiKeyVerifier, ApiKeys, JwtAuthLayer};

    let store = MemoryStore::new();
    let change = |router: tower_bearer::LoginRouter<MemoryStore, MemoryStore>| {
        let issuer = tower_bearer::Issuer::for_tests();
        let auth = JwtAuthLayer::new(issuer.verifier().unwrap())
            .api_keys(ApiKeyVerifier::new(store.clone()));
        router.auth(auth).api_keys(ApiKeys::new())
    };
    let app = super::support::app(store.clone(), change).await;
    app.register("alice").await;
    let user = store.find_user_by_username(&Username::new("alice").unwrap()).await.unwrap();
    let id = user.unwrap().id;
    let key = tower_bearer::NewApiKey::new(&id, "key").scopes(["me"]);
    let key = ApiKeys::new().issue(&store, key, app.clock.now()).await.unwrap().key;
    let body = json!({ "current_password": PASSWORD, "new_password": NEW });
    let request = Request::post("/password")
        .header("x-api-key", key.as_str())
        .header(header::CONTENT_TYPE, "application/json")
        .body(body.to_string().into())
        .unwrap();
    assert_eq!(app.send(request).await.status, 401);
    assert_eq!(log_in(&app, "alice", PASSWORD).await.status, 200);
}
