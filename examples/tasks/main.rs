//! A small service with everything that logging in needs: accounts, tokens that refresh, tasks
//! of one's own, scopes and roles, on SQLite.
//!
//! ```text
//! cargo run --release --example tasks --features full
//! ```
//!
//! It prints what to try. Start reading at [`app`], where the crate is put to use; [`settings`]
//! has the environment variables.

mod admin;
mod answer;
mod app;
mod body;
mod database;
mod environment;
mod items;
mod keys;
mod limits;
mod public_api;
mod reports;
mod settings;
mod shutdown;
mod tasks;
mod web;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tower_bearer::{
    ApiKeyStore, Hasher, Housekeeping, Issuer, RedisStore, RevocationStore, ThrottleStore,
    UserStore,
};

use app::Stores;
use database::Database;
use settings::Settings;

#[tokio::main]
async fn main() -> ExitCode {
    // Standard output has the few lines for people, standard error the log.
    tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_max_level(tracing::Level::INFO)
        .with_target(false)
        .init();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(faults) => {
            for fault in faults {
                eprintln!("tasks: {fault}");
            }
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Vec<String>> {
    let settings = Settings::from_environment()?;
    for warning in &settings.warnings {
        tracing::warn!("{warning}");
    }
    // From here on a signal waits until there is something to shut down.
    let stop = shutdown::requested().map_err(fault("the signals can't be received"))?;
    let listener = TcpListener::bind(settings.addr)
        .await
        .map_err(fault(&format!("TASKS_ADDR {} can't be used", settings.addr)))?;
    let database = Database::open(&settings.database_url).await.map_err(fault("DATABASE_URL"))?;
    let redis = match &settings.redis_url {
        Some(url) => Some(RedisStore::connect(url).await.map_err(fault("REDIS_URL"))?),
        None => None,
    };
    match (database.clone(), redis) {
        (Database::Sqlite(users), None) => {
            let stores = Stores { sessions: users.clone(), users, database };
            serve(stores, &settings, listener, stop).await
        }
        (Database::Postgres(users), None) => {
            let stores = Stores { sessions: users.clone(), users, database };
            serve(stores, &settings, listener, stop).await
        }
        (Database::Sqlite(users), Some(sessions)) => {
            serve(Stores { users, sessions, database }, &settings, listener, stop).await
        }
        (Database::Postgres(users), Some(sessions)) => {
            serve(Stores { users, sessions, database }, &settings, listener, stop).await
        }
    }
}

/// The same for every pair of stores.
async fn serve<U, R>(
    stores: Stores<U, R>,
    settings: &Settings,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Vec<String>>
where
    U: UserStore + ApiKeyStore,
    R: RevocationStore + ThrottleStore,
{
    let addr = listener.local_addr().map_err(fault("the address is unknown"))?;
    let issuer = Issuer::new(settings.key.clone())
        .issuer(settings.issuer.clone().unwrap_or_else(|| format!("http://{addr}")))
        .audience(&settings.audience)
        .leeway(settings.leeway)
        .access_token_lifetime(settings.access_token_lifetime);
    let verifier = issuer
        .verifier_with(settings.trusted_keys.clone())
        .map_err(fault("the tokens can't be verified"))?;
    let hasher = Hasher::new();
    if let Some(admin) = &settings.admin {
        admin::create(&stores.users, &hasher, admin)
            .await
            .map_err(fault("ADMIN_USERNAME: the account can't be made"))?;
    }
    let Stores { sessions, database, .. } = stores.clone();
    let app = app::app(stores, issuer, verifier, hasher, settings);

    greet(addr, &database.place(&settings.database_url), settings.redis_url.is_some());
    let (stop_housekeeping, stopped) = oneshot::channel::<()>();
    let housekeeping = Housekeeping::new(sessions.clone()).throttles(sessions);
    let housekeeping = tokio::spawn(housekeeping.run_until(async {
        let _ = stopped.await;
    }));
    let served = shutdown::serve(listener, app, stop).await;
    drop(stop_housekeeping);
    housekeeping.await.map_err(fault("housekeeping failed"))?;
    served.map_err(fault("the server failed"))?;
    database.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// Says where a fault lies, in one line.
fn fault<E: std::fmt::Display>(place: &str) -> impl FnOnce(E) -> Vec<String> {
    move |error| vec![format!("{place}: {error}")]
}

fn greet(addr: SocketAddr, database: &str, has_redis: bool) {
    let url = format!("http://{addr}");
    let sessions = if has_redis { ", sessions in Redis" } else { "" };
    let text = format!(
        "\
listening on {url}, users and tasks in {database}{sessions}

curl -i '{url}/auth/register' -H 'Content-Type: application/json' -d '{{\"username\":\"alice\",\"password\":\"correct horse battery\"}}'
TOKEN=$(curl -s '{url}/auth/token' -d grant_type=password -d username=alice -d 'password=correct horse battery' | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')
curl -i '{url}/tasks' -H \"Authorization: Bearer $TOKEN\"

"
    );
    let mut output = io::stdout().lock();
    // Whoever started the service may have closed its output: no reason to stop.
    let _ = output.write_all(text.as_bytes()).and_then(|()| output.flush());
}
