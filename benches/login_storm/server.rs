//! The server, as a process of its own: a route that takes a token, and logins.

use std::env;
use std::error::Error;
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tower_bearer::{
    AddressSource, Grant, Issuer, JwtAuthLayer, LoginRouter, MemoryStore, NewUser, SigningKey,
    Token, TrustedProxies, UserStore, Username,
};

pub(crate) const ACCOUNTS: usize = 1000;
pub(crate) const PASSWORD: &str = "correct horse battery staple";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hashing {
    Pool,
    Inline,
    SpawnBlocking,
}

impl Hashing {
    pub(crate) const ALL: [Self; 3] = [Self::Pool, Self::Inline, Self::SpawnBlocking];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Pool => "pool",
            Self::Inline => "inline",
            Self::SpawnBlocking => "spawn_blocking",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|hashing| hashing.name() == name)
    }
}

/// The process, as the one that loads it has it. It ends with this.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) token: String,
    process: Mutex<Child>,
    id: u32,
}

impl Server {
    pub(crate) fn start(hashing: Hashing) -> Result<Self, Box<dyn Error>> {
        let mut process = Command::new(env::current_exe()?)
            .args(["serve", hashing.name()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        // Here, since the memory that it takes would count as the server's.
        let hash =
            Argon2::default().hash_password_with_salt(PASSWORD.as_bytes(), b"sixteen byte salt")?;
        writeln!(process.stdin.as_mut().ok_or("no input")?, "{hash}")?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        let (address, token) = line.trim().split_once(' ').ok_or("the server did not start")?;
        let (address, token) = (address.parse()?, token.to_owned());
        Ok(Self { address, token, id: process.id(), process: Mutex::new(process) })
    }

    /// The physical memory that the process has, and that it had at most; nothing where the system
    /// has no `/proc`.
    pub(crate) fn memory_kib(&self) -> Option<(u64, u64)> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id)).ok()?;
        let field = |name| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim().trim_end_matches(" kB").parse().ok()
        };
        Some((field("VmRSS:")?, field("VmHWM:")?))
    }

    pub(crate) fn stop(&self) {
        let mut process = self.process.lock().expect("no thread panics with it");
        let _ = process.kill().and_then(|()| process.wait());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Serves until standard input ends.
pub(crate) fn serve(hashing: Hashing) -> Result<(), Box<dyn Error>> {
    let mut hash = String::new();
    io::stdin().lock().read_line(&mut hash)?;
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(listen(hashing, hash.trim()))
}

async fn listen(hashing: Hashing, hash: &str) -> Result<(), Box<dyn Error>> {
    let issuer = Issuer::new(SigningKey::hs256("J8yOFyaWR5lcJmWMW2UO3WnF8v0QbIzE")?)
        .issuer("https://api.example.com")
        .audience("tasks")
        .access_token_lifetime(Duration::from_secs(24 * 60 * 60));
    let store = MemoryStore::new();
    for number in 0..ACCOUNTS {
        let user = NewUser::new(Username::new(&username(number))?, hash);
        store.insert_user(user, Duration::ZERO).await?;
    }
    let token = issuer.issue(&Grant::new("alice").scopes(["tasks:read", "tasks:write"]))?;
    let proxies = TrustedProxies::new(["127.0.0.1"])?;
    let logins = match hashing {
        Hashing::Pool => LoginRouter::new(store, issuer.clone())
            .client_address(AddressSource::x_forwarded_for(proxies))
            .into_router(),
        _ => Router::new().route("/login", post(log_in)).with_state(Others {
            hashing,
            store,
            issuer: issuer.clone(),
        }),
    };
    let app = Router::new()
        .route("/hello", get(hello))
        .layer(JwtAuthLayer::new(issuer.verifier()?))
        .nest("/auth", logins)
        .into_make_service_with_connect_info::<SocketAddr>();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{} {token}", listener.local_addr()?);
    thread::spawn(|| {
        let _ = io::stdin().lock().read_line(&mut String::new());
        std::process::exit(0);
    });
    Ok(axum::serve(listener, app).await?)
}

pub(crate) fn username(number: usize) -> String {
    format!("user{number}")
}

async fn hello(token: Token) -> String {
    format!("hello {}", token.subject().unwrap_or_default())
}

/// What the handler of a login needs that hashes in another way.
#[derive(Clone)]
struct Others {
    hashing: Hashing,
    store: MemoryStore,
    issuer: Issuer,
}

#[derive(Deserialize)]
struct Login {
    username: String,
    password: String,
}

/// The least that a login is: no limits, no session, no audit trail.
async fn log_in(
    State(state): State<Others>,
    Json(login): Json<Login>,
) -> Result<Json<Value>, StatusCode> {
    let name = Username::new(&login.username).map_err(|_| StatusCode::BAD_REQUEST)?;
    let found = state.store.find_user_by_username(&name).await;
    let user = found.ok().flatten().ok_or(StatusCode::UNAUTHORIZED)?;
    let (id, hash) = (user.id.clone(), user.password_hash().to_owned());
    let verify =
        move || Argon2::default().verify_password(login.password.as_bytes(), hash.as_str()).is_ok();
    let is_match = match state.hashing {
        Hashing::SpawnBlocking => tokio::task::spawn_blocking(verify).await.unwrap_or(false),
        _ => verify(),
    };
    if !is_match {
        return Err(StatusCode::UNAUTHORIZED);
    }
    let token = state.issuer.issue(&Grant::new(id));
    let token = token.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(Json(json!({ "access_token": token, "token_type": "Bearer" })))
}
