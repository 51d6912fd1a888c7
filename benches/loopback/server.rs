//! The server, as a process of its own: each case with the layer and without.

use std::env;
use std::error::Error;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tower_bearer::{Algorithm, Grant, Issuer, JwtAuthLayer, SigningKey, TokenCache};

pub(crate) struct Case {
    pub(crate) name: &'static str,
    algorithm: Algorithm,
    /// Whether tokens that were seen before are known.
    is_cached: bool,
    /// The ratio of requests a second, with the layer to without, that was promised.
    pub(crate) least: Option<f64>,
}

pub(crate) const CASES: &[Case] = &[
    case("HS256, seen before", Algorithm::HS256, true, Some(0.97)),
    case("HS256, first sight", Algorithm::HS256, false, Some(0.93)),
    case("ES256, seen before", Algorithm::ES256, true, Some(0.97)),
    case("ES256, first sight", Algorithm::ES256, false, None),
];

const fn case(
    name: &'static str,
    algorithm: Algorithm,
    is_cached: bool,
    least: Option<f64>,
) -> Case {
    Case { name, algorithm, is_cached, least }
}

/// What is asked for: the least that a service can do, and what one does that has something to say.
pub(crate) const ROUTES: [&str; 2] = ["/hello", "/tasks"];

#[derive(Clone, Serialize)]
struct Task {
    id: u64,
    title: String,
    notes: String,
    tags: Vec<String>,
    done: bool,
    created_at: u64,
}

/// A page of a list, as a database would have it.
fn tasks() -> Vec<Task> {
    let task = |id| Task {
        id,
        title: format!("Task number {id}"),
        notes: "Bring the \"long\" version of the text, with all\nits lines, and a pen.".to_owned(),
        tags: vec!["home".to_owned(), "this week".to_owned()],
        done: id % 3 == 0,
        created_at: 1_790_000_000 + id,
    };
    (1..=20).map(task).collect()
}

/// The process, as the one that loads it has it. It ends with this.
pub(crate) struct Server {
    process: Child,
    listeners: Vec<Listener>,
}

pub(crate) struct Listener {
    name: String,
    with: bool,
    pub(crate) address: String,
    pub(crate) token: String,
}

pub(crate) fn command(prefix: &[String], program: &OsStr) -> Command {
    let Some((first, rest)) = prefix.split_first() else { return Command::new(program) };
    let mut command = Command::new(first);
    command.args(rest).arg(program);
    command
}

impl Server {
    /// `prefix` is the command that runs it.
    pub(crate) fn start(prefix: &[String]) -> Result<Self, Box<dyn Error>> {
        let mut process = command(prefix, env::current_exe()?.as_os_str())
            .arg("serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let lines = BufReader::new(process.stdout.take().ok_or("no output")?).lines();
        let listeners = lines.take(2 * CASES.len()).map(|line| {
            let line = line?;
            let [name, with, address, token] = *line.split('\t').collect::<Vec<_>>() else {
                return Err(format!("the server did not start: {line}").into());
            };
            let (name, address, token) = (name.to_owned(), address.to_owned(), token.to_owned());
            Ok(Listener { name, with: with == "with", address, token })
        });
        let listeners = listeners.collect::<Result<_, Box<dyn Error>>>()?;
        Ok(Self { process, listeners })
    }

    pub(crate) fn listener(&self, case: &Case, with: bool) -> Result<&Listener, &'static str> {
        let mut listeners = self.listeners.iter();
        listeners.find(|it| it.name == case.name && it.with == with).ok_or("the server ended")
    }

    /// The time of processors that it has taken so far: proc(5), `utime` and `stime`, in the ticks of
    /// 10 ms that Linux has everywhere. Nothing else of the table needs Linux: zero elsewhere.
    pub(crate) fn cpu_seconds(&self) -> Result<f64, Box<dyn Error>> {
        let Ok(stat) = fs::read_to_string(format!("/proc/{}/stat", self.process.id())) else {
            return Ok(0.0);
        };
        let (_, fields) = stat.rsplit_once(')').ok_or("no end of the name")?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        Ok((fields[11].parse::<f64>()? + fields[12].parse::<f64>()?) / 100.0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill().and_then(|()| self.process.wait());
    }
}

/// Serves until standard input ends, with a thread for each core that it may use.
pub(crate) fn serve() -> Result<(), Box<dyn Error>> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(listen())
}

async fn listen() -> Result<(), Box<dyn Error>> {
    let mut servers = JoinSet::new();
    for case in CASES {
        let issuer = Issuer::new(key(case.algorithm)?)
            .issuer("https://api.example.com")
            .audience("tasks")
            .access_token_lifetime(Duration::from_secs(24 * 60 * 60));
        let grant = Grant::new("0198f3a2-6c1e-7b44-9d0a-5f1c2e7a9b30")
            .session_id("0198f3a2-7d05-7e91-8a4b-c3d2f1e0a9b8")
            .scopes(["me", "items:read", "tasks:read", "tasks:write"])
            .roles(["teacher"]);
        let token = issuer.issue(&grant)?;
        let mut verifier = issuer.verifier()?;
        if case.is_cached {
            verifier = verifier.cached(TokenCache::new(10_000));
        }
        let page = Arc::new(tasks());
        let list = move || async move { Json(page.to_vec()) };
        let bare =
            Router::new().route("/hello", get(|| async { "hello" })).route("/tasks", get(list));
        let guarded = bare.clone().layer(JwtAuthLayer::new(verifier));
        for (with, router) in [("without", bare), ("with", guarded)] {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            println!("{}\t{with}\t{}\t{token}", case.name, listener.local_addr()?);
            servers.spawn(async move { axum::serve(listener, router).await });
        }
    }
    thread::spawn(|| {
        let _ = io::stdin().lock().read_line(&mut String::new());
        std::process::exit(0);
    });
    while let Some(ended) = servers.join_next().await {
        ended??;
    }
    Ok(())
}

fn key(algorithm: Algorithm) -> Result<SigningKey, Box<dyn Error>> {
    let key = match algorithm {
        Algorithm::ES256 => {
            SigningKey::from_pem(algorithm, include_str!("../../tests/keys/p256.pem"))?
        }
        _ => SigningKey::hs256("J8yOFyaWR5lcJmWMW2UO3WnF8v0QbIzE")?,
    };
    Ok(key.with_key_id("2026-11"))
}
