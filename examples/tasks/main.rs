//! A small service with everything that logging in needs: accounts, tokens that refresh and end,
//! API keys, tasks of one's own, scopes and roles, on SQLite or PostgreSQL, with Redis or without.
//!
//! ```text
//! cargo run --release --example tasks --features full
//! ```
//!
//! It prints what to try; `README.md` has more of that. Start reading at [`app`], where the crate is
//! put to use; [`settings`] has the environment variables, and [`keys`] what makes and rotates the
//! keys that sign.

mod answer;
mod app;
mod body;
mod database;
mod items;
mod keys;
mod mailer;
mod openapi;
mod page;
mod profile;
mod public_api;
mod reports;
mod settings;
mod shutdown;
mod tasks;
mod web;

use std::env;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tower_bearer::{
    AccountStore, ApiKeyStore, Housekeeping, MailQueue, OneTimeTokenStore, RedisStore,
    RevocationStore, Settings, ThrottleStore,
};

use app::{ALL_SCOPES, Stores};
use database::Database;
use mailer::Outbox;
use settings::Read;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if !arguments.is_empty() {
        return keys::run(&arguments);
    }
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
    // From here on a signal waits until there is something to shut down.
    let stop = shutdown::requested().map_err(fault("the signals can't be received"))?;
    let Read { settings, listener, outbox } = settings::read()
        .await
        .map_err(|error| error.faults().map(str::to_owned).collect::<Vec<String>>())?;
    let database = Database::open(settings.database_url()).await.map_err(fault("DATABASE_URL"))?;
    let redis = match settings.redis_url() {
        Some(url) => Some(RedisStore::connect(url).await.map_err(fault("REDIS_URL"))?),
        None => None,
    };
    match (database.clone(), redis) {
        (Database::Sqlite(users), None) => {
            let stores = Stores { sessions: users.clone(), users, database };
            serve(stores, &settings, listener, outbox, stop).await
        }
        (Database::Postgres(users), None) => {
            let stores = Stores { sessions: users.clone(), users, database };
            serve(stores, &settings, listener, outbox, stop).await
        }
        (Database::Sqlite(users), Some(sessions)) => {
            serve(Stores { users, sessions, database }, &settings, listener, outbox, stop).await
        }
        (Database::Postgres(users), Some(sessions)) => {
            serve(Stores { users, sessions, database }, &settings, listener, outbox, stop).await
        }
    }
}

/// The same for every pair of stores.
async fn serve<U, R>(
    stores: Stores<U, R>,
    settings: &Settings,
    listener: TcpListener,
    outbox: Outbox,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Vec<String>>
where
    U: AccountStore + ApiKeyStore + OneTimeTokenStore,
    R: RevocationStore + ThrottleStore,
{
    let addr = listener.local_addr().map_err(fault("the address is unknown"))?;
    settings
        .create_admin(&stores.users, |admin| admin.roles(["admin"]).scopes(ALL_SCOPES))
        .await
        .map_err(fault("ADMIN_USERNAME: the account can't be made"))?;
    let Stores { users, sessions, database } = stores.clone();
    let mails = MailQueue::new(outbox);
    let app = app::app(stores, settings, mails.clone());
    let app = app.map_err(fault("the routes can't be made"))?;

    greet(addr, &database.place(settings.database_url()), settings.redis_url().is_some());
    let (stop_housekeeping, stopped) = oneshot::channel::<()>();
    let housekeeping = Housekeeping::new(sessions.clone())
        .throttles(sessions)
        .one_time_tokens(users.clone())
        .api_keys(users);
    let housekeeping = tokio::spawn(housekeeping.run_until(async {
        let _ = stopped.await;
    }));
    let served = shutdown::serve(listener, app, stop).await;
    if !mails.drain(shutdown::GRACE).await {
        tracing::warn!("mails were still to be sent and are lost");
    }
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

Open {url}/ in a browser, or:

curl -i '{url}/auth/register' -H 'Content-Type: application/json' -d '{{\"username\":\"alice\",\"password\":\"correct horse battery\"}}'
TOKEN=$(curl -s '{url}/auth/token' -d grant_type=password -d username=alice -d 'password=correct horse battery' | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')
curl -i '{url}/tasks' -H \"Authorization: Bearer $TOKEN\"

"
    );
    let mut output = io::stdout().lock();
    // Whoever started the service may have closed its output: no reason to stop.
    let _ = output.write_all(text.as_bytes()).and_then(|()| output.flush());
}
