//! Servers that a test binary starts for itself, from the binaries on the machine, and that end
//! with it.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs};

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

/// A PostgreSQL server on a Unix socket of its own, so that no two want one port.
pub(crate) struct Postgres {
    programs: PathBuf,
    directory: PathBuf,
    account: Option<(u32, u32)>,
    databases: AtomicU32,
    /// Its input is closed when this process ends, however it does: see [`REAPER`].
    _reaper: Child,
}

/// Waits for the end of its input, then stops the server and removes its files.
const REAPER: &str = r#"read -r _; "$1" stop -m immediate -D "$2/data"; rm -rf "$2""#;

/// The server that all tests of this binary share; nothing, and a word of it, without the programs.
pub(crate) fn postgres() -> Option<&'static Postgres> {
    static SERVER: OnceLock<Option<Postgres>> = OnceLock::new();
    SERVER.get_or_init(Postgres::start).as_ref()
}

impl Postgres {
    pub(crate) fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            return skipped("no PostgreSQL in /usr/lib/postgresql/*/bin");
        };
        let directory = tempfile::Builder::new().prefix("postgres-").tempdir().unwrap().keep();
        // PostgreSQL does not run as root.
        let account = is_root().then(|| (id("-u", "postgres"), id("-g", "postgres")));
        if let Some((user, group)) = account {
            chown(&directory, Some(user), Some(group)).unwrap();
        }
        let reaper = command("sh", account)
            .args(["-c", REAPER, "sh"])
            .args([&programs.join("pg_ctl"), &directory])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let server = Self { programs, directory, account, databases: 0.into(), _reaper: reaper };
        server.run("initdb", &["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"]);
        server.resume();
        Some(server)
    }

    /// Starts it, also again, and waits until it answers.
    pub(crate) fn resume(&self) {
        let options = format!("-k {} -h '' -F -c max_connections=500", self.directory.display());
        let log = self.directory.join("log");
        self.run("pg_ctl", &["start", "-w", "-l", log.to_str().unwrap(), "-o", &options]);
    }

    /// Stops it as an administrator does who is in a hurry: who is connected is cut off.
    pub(crate) fn stop(&self) {
        self.run("pg_ctl", &["stop", "-w", "-m", "fast"]);
    }

    /// The URL of a new and empty database.
    pub(crate) async fn database(&self) -> String {
        self.url("postgres", &self.database_name().await)
    }

    /// The name of a new and empty database.
    pub(crate) async fn database_name(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.execute("postgres", &format!("CREATE DATABASE {name}")).await;
        name
    }

    pub(crate) fn url(&self, user: &str, database: &str) -> String {
        format!("postgres://{user}@localhost/{database}?host={}", self.directory.display())
    }

    /// The socket that it answers on.
    pub(crate) fn socket(&self) -> PathBuf {
        self.directory.join(".s.PGSQL.5432")
    }

    /// Runs SQL in a database as its administrator.
    pub(crate) async fn execute(&self, database: &str, sql: &str) {
        let mut connection = PgConnection::connect(&self.url("postgres", database)).await.unwrap();
        connection.execute(AssertSqlSafe(sql)).await.unwrap();
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let log = fs::File::create(self.directory.join(format!("{program}.out"))).unwrap();
        let status = command(self.programs.join(program), self.account)
            .arg("-D")
            .arg(self.directory.join("data"))
            .args(arguments)
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .status()
            .unwrap();
        let out = self.directory.join(format!("{program}.out"));
        assert!(status.success(), "{program}: {}", fs::read_to_string(out).unwrap());
    }
}

/// A program under an account that need not see the current directory.
fn command(program: impl AsRef<std::ffi::OsStr>, account: Option<(u32, u32)>) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if let Some((user, group)) = account {
        command.uid(user).gid(group);
    }
    command
}

/// Those of the newest version.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    versions
        .filter_map(|version| {
            let path = version.ok()?.path();
            let number: u32 = path.file_name()?.to_str()?.parse().ok()?;
            Some((number, path.join("bin")))
        })
        .filter(|(_, programs)| programs.join("initdb").exists())
        .max()
        .map(|(_, programs)| programs)
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(Path::new("/proc/self")).is_ok_and(|process| process.uid() == 0)
}

fn id(which: &str, account: &str) -> u32 {
    let output = Command::new("id").args([which, account]).output().unwrap();
    assert!(output.status.success(), "there is no account {account}");
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

/// A Redis server on a Unix socket of its own. It keeps what it has told to have kept.
pub(crate) struct Redis {
    directory: PathBuf,
    databases: AtomicU32,
    /// Its input is closed when this process ends, however it does: see [`REDIS_REAPER`].
    _reaper: Child,
}

const REDIS_REAPER: &str = r#"read -r _; kill -9 "$(cat "$1/pid")"; rm -rf "$1""#;

/// The server that all tests of this binary share; nothing, and a word of it, without the program.
pub(crate) fn redis() -> Option<&'static Redis> {
    static SERVER: OnceLock<Option<Redis>> = OnceLock::new();
    SERVER.get_or_init(Redis::start).as_ref()
}

impl Redis {
    pub(crate) fn start() -> Option<Self> {
        if Command::new("redis-server").arg("--version").output().is_err() {
            return skipped("no redis-server on the PATH");
        }
        let directory = tempfile::Builder::new().prefix("redis-").tempdir().unwrap().keep();
        let reaper = command("sh", None)
            .args(["-c", REDIS_REAPER, "sh"])
            .arg(&directory)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let server = Self { directory, databases: 0.into(), _reaper: reaper };
        server.resume();
        Some(server)
    }

    /// Starts it, also again, and waits until it answers.
    pub(crate) fn resume(&self) {
        let directory = self.directory.to_str().unwrap();
        let pid = format!("{directory}/pid");
        let status = command("redis-server", None)
            .args(["--daemonize", "yes", "--pidfile", &pid, "--dir", directory, "--port", "0"])
            .args(["--unixsocket", &self.socket(), "--logfile", "log"])
            .args(["--appendonly", "yes", "--appendfsync", "always", "--save", ""])
            .status()
            .unwrap();
        assert!(status.success());
        let answers = || {
            let client = redis::Client::open(self.url()).unwrap();
            let mut connection = client.get_connection().ok()?;
            redis::cmd("PING").exec(&mut connection).ok()
        };
        for _ in 0..1000 {
            if answers().is_some() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        panic!("Redis did not start within 10 seconds");
    }

    /// Stops it and waits until it has ended.
    pub(crate) fn stop(&self) {
        let client = redis::Client::open(self.url()).unwrap();
        let mut connection = client.get_connection().unwrap();
        // It hangs up instead of answering.
        let _ = redis::cmd("SHUTDOWN").exec(&mut connection);
        while Path::new(&self.socket()).exists() {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("redis+unix://{}", self.socket())
    }

    /// The URL of a database on it that no other test has: there are 16.
    pub(crate) fn database(&self) -> String {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        assert!(number < 16, "the server has no database left");
        format!("{}?db={number}", self.url())
    }

    /// The socket that it answers on.
    pub(crate) fn socket(&self) -> String {
        format!("{}/socket", self.directory.display())
    }
}

/// Whether there is such a program, with a word of it if not.
pub(crate) fn has_program(name: &str) -> bool {
    let found = Command::new(name).arg("--version").output().is_ok();
    found || skipped(&format!("no {name} on the PATH")).unwrap_or(false)
}

fn skipped<T>(why: &str) -> Option<T> {
    let required = env::var_os("REQUIRE_SERVICES").is_some_and(|value| value == "1");
    assert!(!required, "{why}, and REQUIRE_SERVICES asks for it");
    eprintln!("skipped: {why}");
    None
}
