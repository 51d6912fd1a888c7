//! What a refresh costs on each store, beside the round trips to its server alone.
//!
//! Of [`RefreshTokens`] an exchange (`exchange`: verify, then rotate), and of [`LoginRouter`] the whole of
//! `POST /refresh` (`refresh`). The limit is what the server and the way there take by themselves: as many
//! round trips on one connection, which ask nothing (`SELECT 1`, `PING`), and the same with a committed
//! write for the last, since a rotation is one. How many there are is counted on the wire.
//!
//! `cargo bench --features full --bench refresh`, or with `-- PostgreSQL` for one store. With `-- --smoke` a
//! few calls of each, to see that it runs. Without the programs of PostgreSQL and Redis on the machine it says
//! "skipped", which `REQUIRE_SERVICES=1` makes a failure.

#[allow(dead_code, clippy::unwrap_used, reason = "shared with tests, which need more of it")]
#[path = "../tests/support/servers.rs"]
mod servers;
#[allow(dead_code, clippy::unwrap_used, reason = "shared with tests, which need more of it")]
#[path = "../tests/support/wire.rs"]
mod wire;

use std::error::Error;
use std::time::{Duration, Instant, SystemTime};

use axum::Router;
use axum::body::Body;
use criterion::Criterion;
use http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use redis::aio::MultiplexedConnection;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection, SqlitePool};
use tokio::runtime::Runtime;
use tower::ServiceExt;
use tower_bearer::{
    Issuer, LoginRouter, MemoryStore, NewSession, NewUser, PostgresStore, RedisStore,
    RefreshRequest, RefreshStore, RefreshTokens, SigningKey, SqliteStore, UserStore, Username,
};

use wire::{Turn, Wire};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Calls of a smoke test.
const FEW: u64 = 50;

fn main() -> Outcome<()> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let smoke = std::env::args().any(|argument| argument == "--smoke");
    let criterion = (!smoke).then(|| {
        Criterion::default()
            .warm_up_time(Duration::from_secs(1))
            .measurement_time(Duration::from_secs(4))
            .configure_from_args()
    });
    let mut bench = Bench { runtime, criterion, table: Vec::new() };
    bench.memory()?;
    bench.sqlite()?;
    if let Some(server) = servers::postgres() {
        bench.postgres(server)?;
        if let Some(redis) = servers::redis() {
            bench.redis(redis, server)?;
        }
    }
    bench.criterion.iter().for_each(Criterion::final_summary);
    println!(
        "\n{:<32}{:>9}{:>16}{:>18}  round trips",
        "", "median", "/ round trips", "/ with a write"
    );
    println!("{}", bench.table.join("\n"));
    Ok(())
}

struct Bench {
    runtime: Runtime,
    /// Not for a smoke test.
    criterion: Option<Criterion>,
    table: Vec<String>,
}

/// What the way there and back costs by itself, as far as there is one.
#[derive(Clone, Copy, Default)]
struct Limit {
    asking: Option<Duration>,
    writing: Option<Duration>,
}

impl Bench {
    fn memory(&mut self) -> Outcome<()> {
        let store = MemoryStore::new();
        let chain = self.runtime.block_on(Chain::begin(store.clone(), store))?;
        self.rows("memory", &chain, Limit::default(), ["none", "none"])
    }

    fn sqlite(&mut self) -> Outcome<()> {
        let directory = tempfile::tempdir()?;
        let url = format!("sqlite://{}?mode=rwc", directory.path().join("bench.db").display());
        let store = self.runtime.block_on(SqliteStore::connect(&url))?;
        let pool = store.pool().clone();
        let make = "CREATE TABLE raw (id INTEGER PRIMARY KEY, value BLOB)";
        self.runtime.block_on(sqlx::query(make).execute(&pool))?;
        self.runtime.block_on(sqlx::query("INSERT INTO raw VALUES (1, x'')").execute(&pool))?;
        let writing = self.time("SQLite", "one committed write", async || write(&pool).await)?;
        let limit = Limit { asking: None, writing };
        let chain = self.runtime.block_on(Chain::begin(store.clone(), store))?;
        self.rows("SQLite", &chain, limit, ["none", "none"])
    }

    fn postgres(&mut self, server: &servers::Postgres) -> Outcome<()> {
        let url = self.runtime.block_on(server.database());
        let mut raw = self.runtime.block_on(PgConnection::connect(&url))?;
        let make = "CREATE TABLE raw (id INT PRIMARY KEY, value BYTEA)";
        self.runtime.block_on(sqlx::query(make).execute(&mut raw))?;
        self.runtime.block_on(sqlx::query("INSERT INTO raw VALUES (1, '')").execute(&mut raw))?;
        let asking = self.time("PostgreSQL", "2 x SELECT 1", async || {
            sqlx::query("SELECT 1").execute(&mut raw).await?;
            sqlx::query("SELECT 1").execute(&mut raw).await?;
            Ok(())
        })?;
        let writing = self.time("PostgreSQL", "SELECT 1, UPDATE", async || {
            sqlx::query("SELECT 1").execute(&mut raw).await?;
            let update = sqlx::query("UPDATE raw SET value = $1 WHERE id = 1");
            update.bind([7_u8; 32].as_slice()).execute(&mut raw).await?;
            Ok(())
        })?;
        let trips = self.runtime.block_on(async {
            let wire = Wire::to(server.socket()).await;
            let url = wire.postgres(&server.database_name().await);
            let store = on_one_connection(&url).await?;
            Chain::begin(store.clone(), store).await?.count(&[&wire]).await
        })?;
        let store = self.runtime.block_on(PostgresStore::connect(&url))?;
        let chain = self.runtime.block_on(Chain::begin(store.clone(), store))?;
        self.rows("PostgreSQL", &chain, Limit { asking, writing }, trips.each_ref().map(|it| &**it))
    }

    fn redis(&mut self, server: &servers::Redis, of_users: &servers::Postgres) -> Outcome<()> {
        let client = redis::Client::open(server.url())?;
        let raw = self.runtime.block_on(client.get_multiplexed_async_connection())?;
        let ping = async |mut raw: MultiplexedConnection| {
            redis::cmd("PING").exec_async(&mut raw).await.map_err(Box::<dyn Error>::from)
        };
        let asking = self.time("Redis", "2 x PING", async || {
            ping(raw.clone()).await?;
            ping(raw.clone()).await
        })?;
        let writing = self.time("Redis", "PING, SET", async || {
            ping(raw.clone()).await?;
            let set = redis::cmd("SET").arg("raw").arg(&[7_u8; 32]).to_owned();
            Ok(set.exec_async(&mut raw.clone()).await?)
        })?;
        let trips = self.runtime.block_on(async {
            let (wire, users_wire) =
                (Wire::to(server.socket()).await, Wire::to(of_users.socket()).await);
            let url = users_wire.postgres(&of_users.database_name().await);
            let users = on_one_connection(&url).await?;
            let sessions = RedisStore::connect(&wire.redis()).await?;
            Chain::begin(users, sessions).await?.count(&[&wire, &users_wire]).await
        })?;
        let url = self.runtime.block_on(of_users.database());
        let users = self.runtime.block_on(PostgresStore::connect(&url))?;
        let sessions = self.runtime.block_on(RedisStore::connect(&server.url()))?;
        let chain = self.runtime.block_on(Chain::begin(users, sessions))?;
        let limit = Limit { asking, writing };
        self.rows("Redis", &chain, limit, trips.each_ref().map(|it| &**it))
    }

    /// Two rows of the table: of an exchange, and of the route.
    fn rows<R: RefreshStore>(
        &mut self,
        store: &str,
        chain: &Chain<R>,
        limit: Limit,
        trips: [&str; 2],
    ) -> Outcome<()> {
        let mut token = self.runtime.block_on(chain.login())?;
        let exchange = self.time(store, "exchange", async || {
            token = chain.exchange(&token).await?;
            Ok(())
        })?;
        token = self.runtime.block_on(chain.login())?;
        let refresh = self.time(store, "refresh", async || {
            token = chain.refresh(&token).await?;
            Ok(())
        })?;
        let raw = [("round trips", limit.asking), ("with a write", limit.writing)];
        for (name, median) in raw.into_iter().filter(|(_, median)| median.is_some()) {
            self.table.push(format!("{:<32}{:>9}", format!("{store}: {name}"), shown(median)));
        }
        for (name, median, trips) in
            [("exchange", exchange, trips[0]), ("POST /refresh", refresh, trips[1])]
        {
            let ratio = |limit: Option<Duration>| {
                let ratio =
                    median.zip(limit).map(|(own, raw)| own.as_secs_f64() / raw.as_secs_f64());
                ratio.map_or("-".to_owned(), |ratio| format!("{ratio:.2}"))
            };
            self.table.push(format!(
                "{:<32}{:>9}{:>16}{:>18}  {trips}",
                format!("{store}: {name}"),
                shown(median),
                ratio(limit.asking),
                ratio(limit.writing)
            ));
        }
        Ok(())
    }

    /// The median of single calls, one after the other; nothing where criterion's filter leaves it out.
    fn time(
        &mut self,
        store: &str,
        name: &str,
        mut call: impl AsyncFnMut() -> Outcome<()>,
    ) -> Outcome<Option<Duration>> {
        let Self { runtime, criterion, .. } = self;
        let mut times = Vec::new();
        let mut failed = None;
        let mut run = |calls: u64| {
            runtime.block_on(async {
                let begin = times.len();
                for _ in 0..calls {
                    let start = Instant::now();
                    if let Err(error) = call().await {
                        failed = Some(error);
                    }
                    times.push(start.elapsed());
                }
                times[begin..].iter().sum()
            })
        };
        match criterion {
            Some(criterion) => {
                let mut group = criterion.benchmark_group(store);
                group.bench_function(name, |bencher| bencher.iter_custom(&mut run));
                group.finish();
            }
            None => drop::<Duration>(run(FEW)),
        }
        if let Some(error) = failed {
            return Err(error);
        }
        times.sort();
        Ok(times.get(times.len() / 2).copied())
    }
}

/// A user's session, which goes on from token to token.
struct Chain<R> {
    router: Router,
    sessions: R,
    refresh: RefreshTokens,
    user_id: String,
}

impl<R: RefreshStore> Chain<R> {
    async fn begin(users: impl UserStore, sessions: R) -> Outcome<Self> {
        let alice =
            NewUser::new(Username::new("alice")?, "$argon2id$").scopes(["me", "items:read"]);
        let user_id = users.insert_user(alice, now()).await?.id;
        let issuer =
            Issuer::new(SigningKey::generate_hs256()?).issuer("https://me").audience("api");
        let router = LoginRouter::with_stores(users, sessions.clone(), issuer).into_router();
        Ok(Self { router, sessions, refresh: RefreshTokens::new(), user_id })
    }

    async fn login(&self) -> Outcome<String> {
        let new = NewSession::new(&self.user_id, "first-party", "me items:read");
        Ok(self.refresh.issue(&self.sessions, new, now()).await?.token.into_string())
    }

    async fn exchange(&self, token: &str) -> Outcome<String> {
        let request = RefreshRequest::new(token);
        let verified = self.refresh.verify(&self.sessions, request, now()).await?;
        Ok(self.refresh.rotate(&self.sessions, verified, now()).await?.token.into_string())
    }

    async fn refresh(&self, token: &str) -> Outcome<String> {
        let request = Request::post("/refresh")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(json!({ "refresh_token": token }).to_string()))?;
        let response = self.router.clone().oneshot(request).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        if status != StatusCode::OK {
            return Err(format!("{status}: {}", String::from_utf8_lossy(&body)).into());
        }
        let answer: Value = serde_json::from_slice(&body)?;
        Ok(answer["refresh_token"].as_str().ok_or("no refresh token")?.to_owned())
    }

    /// The round trips of an exchange and of a refresh, once the connections are warm.
    async fn count(&self, wires: &[&Wire]) -> Outcome<[String; 2]> {
        const CALLS: usize = 40;
        let mut counted = [const { String::new() }; 2];
        for (at, counted) in counted.iter_mut().enumerate() {
            let mut token = self.login().await?;
            // The first round prepares what is asked.
            for _ in 0..2 {
                wires.iter().for_each(|wire| drop(wire.turns()));
                for _ in 0..CALLS {
                    token = if at == 0 {
                        self.exchange(&token).await?
                    } else {
                        self.refresh(&token).await?
                    };
                }
            }
            let questions = wires.iter().map(|wire| {
                let turns = wire.turns();
                turns.iter().filter(|turn| **turn == Turn::Question).count()
            });
            let per_call = questions.map(|questions| {
                let whole = questions.is_multiple_of(CALLS);
                if whole { (questions / CALLS).to_string() } else { format!("{questions}/{CALLS}") }
            });
            *counted = per_call.collect::<Vec<_>>().join(" + ");
        }
        Ok(counted)
    }
}

/// With the others taken for good: to make one and to prepare on it are round trips too.
async fn on_one_connection(url: &str) -> Outcome<PostgresStore> {
    let store = PostgresStore::connect(url).await?;
    for _ in 1..store.pool().options().get_max_connections() {
        store.pool().acquire().await?.leak();
    }
    Ok(store)
}

async fn write(pool: &SqlitePool) -> Outcome<()> {
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    // Another value each time: SQLite writes nothing where nothing changes.
    let update = sqlx::query("UPDATE raw SET value = randomblob(32) WHERE id = 1");
    update.execute(&mut *transaction).await?;
    Ok(transaction.commit().await?)
}

fn now() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

fn shown(time: Option<Duration>) -> String {
    time.map_or("-".to_owned(), |time| format!("{:.1} µs", time.as_secs_f64() * 1e6))
}
