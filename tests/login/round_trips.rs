//! How many ways to a server and back an answer takes, counted on the wire.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::{Method, Request, StatusCode, header};
use serde_json::json;
use sqlx::PgPool;
use tower::ServiceExt;
use tower_bearer::{JwtAuthLayer, PostgresStore, RedisStore};

use crate::servers::{Postgres, postgres, redis};
use crate::support::{App, PASSWORD, app, app_with_stores};
use crate::wire::{Turn, Wire};

/// A store on PostgreSQL as [`PostgresStore::connect`] makes it, on one connection of its pool: the others
/// are taken, so that whatever is done once has been prepared.
async fn on_one_connection(server: &Postgres) -> (PostgresStore, Wire) {
    let wire = Wire::to(server.socket()).await;
    let url = wire.postgres(&server.database_name().await);
    let store = PostgresStore::connect(&url).await.unwrap();
    for _ in 1..store.pool().options().get_max_connections() {
        store.pool().acquire().await.unwrap().leak();
    }
    (store, wire)
}

/// Waits until no connection is on its way back into the pool, which no answer waits for.
async fn settle(pool: &PgPool) {
    while pool.num_idle() < 1 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// What clients do, step by step.
struct Steps<'a> {
    app: &'a App,
    api: Router,
    refresh_token: String,
    access_token: String,
}

impl Steps<'_> {
    const ALL: [&'static str; 8] = [
        "login",
        "refresh",
        "refresh at /token",
        "request, with revocations",
        "request, with users",
        "request, with both",
        "GET /me",
        "logout",
    ];

    fn new<'a, U, R>(app: &'a App, users: U, sessions: R) -> Steps<'a>
    where
        U: tower_bearer::UserStore,
        R: tower_bearer::RevocationStore,
    {
        let auth = JwtAuthLayer::new(app.issuer.verifier().unwrap());
        let answer = || get(async || "hello");
        let api = Router::new()
            .route("/revocations", answer().layer(auth.clone().revocations(sessions.clone())))
            .route("/users", answer().layer(auth.clone().users(users.clone())))
            .route("/both", answer().layer(auth.revocations(sessions).users(users)));
        Steps { app, api, refresh_token: String::new(), access_token: String::new() }
    }

    async fn take(&mut self, step: &str) {
        let tokens = match step {
            "login" => {
                let body = json!({ "username": "admin", "password": PASSWORD });
                self.app.json("/login", body).await
            }
            "refresh" => self.app.refresh(&self.refresh_token).await,
            "refresh at /token" => {
                let fields =
                    [("grant_type", "refresh_token"), ("refresh_token", &self.refresh_token)];
                self.app.form("/token", &fields).await
            }
            "request, with revocations" => return self.ask("/revocations").await,
            "request, with users" => return self.ask("/users").await,
            "request, with both" => return self.ask("/both").await,
            "GET /me" => {
                let me = self.app.with_token(Method::GET, "/me", &self.access_token).await;
                return assert_eq!(me.status, 200, "{me:?}");
            }
            _ => {
                let body = json!({ "refresh_token": self.refresh_token });
                return assert_eq!(self.app.json("/logout", body).await.status, 204);
            }
        };
        assert_eq!(tokens.status, 200, "{step}: {tokens:?}");
        self.refresh_token = tokens.text("refresh_token");
        self.access_token = tokens.text("access_token");
    }

    async fn ask(&self, path: &str) {
        let token = format!("Bearer {}", self.access_token);
        let request = Request::get(path).header(header::AUTHORIZATION, token);
        let request = request.body(Body::empty()).unwrap();
        assert_eq!(self.api.clone().oneshot(request).await.unwrap().status(), StatusCode::OK);
    }
}

fn questions(turns: &[Turn]) -> usize {
    turns.iter().filter(|turn| **turn == Turn::Question).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_takes_two_round_trips_to_postgresql_and_a_guarded_request_one() {
    let Some(server) = postgres() else { return };
    let (store, wire) = on_one_connection(server).await;
    let app = app(store.clone(), |router| router.revocations()).await;
    let mut steps = Steps::new(&app, store.clone(), store.clone());
    for step in Steps::ALL {
        steps.take(step).await;
    }
    for step in Steps::ALL {
        settle(store.pool()).await;
        wire.turns();
        steps.take(step).await;
        settle(store.pool()).await;
        let turns = wire.turns();
        println!("PostgreSQL: {step}: {}", questions(&turns));
        // sqlx looks after each statement whether the connection still is one, behind the back of
        // the answer; and not before it.
        let expected = [Turn::Question, Turn::Ping].repeat(questions(&turns));
        assert_eq!(turns, expected, "{step}");
        let asked = match step {
            "login" => 3,
            "request, with revocations" | "request, with users" => 1,
            _ => 2,
        };
        assert_eq!(questions(&turns), asked, "{step}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_takes_two_round_trips_to_redis_and_one_to_where_its_users_are() {
    let (Some(server), Some(of_users)) = (redis(), postgres()) else { return };
    let (users, users_wire) = on_one_connection(of_users).await;
    let wire = Wire::to(server.socket()).await;
    let sessions = RedisStore::connect(&wire.redis()).await.unwrap().prefix("round_trips:");
    let app = app_with_stores(users.clone(), sessions.clone(), |router| router.revocations()).await;
    let mut steps = Steps::new(&app, users.clone(), sessions);
    for step in Steps::ALL {
        steps.take(step).await;
    }
    for step in Steps::ALL {
        settle(users.pool()).await;
        wire.turns();
        users_wire.turns();
        steps.take(step).await;
        settle(users.pool()).await;
        let trips = (questions(&wire.turns()), questions(&users_wire.turns()));
        println!("Redis: {step}: {}, and {} to PostgreSQL", trips.0, trips.1);
        let expected = match step {
            "login" => (1, 2),
            "refresh" | "refresh at /token" => (2, 1),
            "request, with revocations" => (1, 0),
            "request, with users" => (0, 1),
            "request, with both" | "GET /me" => (1, 1),
            _ => (2, 0),
        };
        assert_eq!(trips, expected, "{step}");
    }
}
