//! Starts the program, talks to it, and ends it.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use std::{env, thread};

use tempfile::TempDir;

use crate::client::{self, Answer};

pub(crate) const SECRET: &str = "J8yOFyaWR5lcJmWMW2UO3WnF8v0QbIzE";
pub(crate) const PASSWORD: &str = "correct horse battery";
/// No variables.
pub(crate) const NONE: &[(&str, &str)] = &[];
pub(crate) const JSON: &str = "Content-Type: application/json";
pub(crate) const FORM: &str = "Content-Type: application/x-www-form-urlencoded";

/// A running program in a directory of its own.
pub(crate) struct Service {
    child: Child,
    pub(crate) addr: SocketAddr,
    /// The lines that it printed once it was ready.
    pub(crate) greeting: Vec<String>,
    log: Arc<Mutex<String>>,
    collector: Option<JoinHandle<()>>,
    dir: Arc<TempDir>,
}

impl Service {
    pub(crate) fn start(variables: &[(&str, &str)]) -> Self {
        Self::start_in(Arc::new(directory()), variables)
    }

    pub(crate) fn start_in(dir: Arc<TempDir>, variables: &[(&str, &str)]) -> Self {
        let mut child = command(dir.path(), variables).spawn().unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let collector = collect(child.stderr.take().unwrap(), Arc::clone(&log));
        let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut greeting = Vec::new();
        // The last line of the greeting is the third for curl.
        while greeting.iter().filter(|line: &&String| line.contains("curl")).count() < 3 {
            match output.next() {
                Some(line) => greeting.push(line.unwrap()),
                None => {
                    collector.join().unwrap();
                    panic!("the service did not start: {}", log.lock().unwrap());
                }
            }
        }
        let url = greeting[0].split_once("http://").unwrap().1;
        let addr = url.split_once(',').unwrap().0.parse().unwrap();
        Self { child, addr, greeting, log, collector: Some(collector), dir }
    }

    /// Ends it as a power cut would, and starts it anew on the same files.
    pub(crate) fn kill_and_restart(mut self, variables: &[(&str, &str)]) -> Self {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        Self::start_in(Arc::clone(&self.dir), variables)
    }

    /// Ends it as a power cut would, while others may be talking to it.
    pub(crate) fn kill_9(&self) {
        self.signal("KILL");
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// Waits until it has ended by itself, and its whole log is at hand.
    pub(crate) fn wait(&mut self) -> (ExitStatus, String) {
        let status = wait(&mut self.child);
        self.collector.take().unwrap().join().unwrap();
        (status, self.log.lock().unwrap().clone())
    }

    /// Ends it in order. The log of a service that runs may lack its latest lines, so that a test
    /// must not say what is not in it.
    pub(crate) fn end(&mut self) -> String {
        self.signal("TERM");
        let (status, log) = self.wait();
        assert_eq!(status.code(), Some(0), "{log}");
        log
    }

    /// As [`end`](Self::end), for a service that is needed no longer.
    pub(crate) fn end_of_log(mut self) -> String {
        self.end()
    }

    pub(crate) fn wait_for_log(&self, text: &str) {
        until(|| self.log.lock().unwrap().contains(text).then_some(()));
    }

    /// The line of the log that has this text.
    pub(crate) fn wait_for_line(&self, text: &str) -> String {
        until(|| {
            let log = self.log.lock().unwrap();
            log.lines().find(|line| line.contains(text)).map(str::to_owned)
        })
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.dir.path().join(file)
    }

    pub(crate) fn dir(&self) -> Arc<TempDir> {
        Arc::clone(&self.dir)
    }

    pub(crate) fn send(&self, target: &str, headers: &[&str], body: impl AsRef<[u8]>) -> Answer {
        client::send(self.addr, target, headers, body.as_ref())
    }

    /// A request with a token and, if there is one, a body of JSON.
    pub(crate) fn ask(&self, target: &str, token: &str, body: &str) -> Answer {
        let bearer = format!("Authorization: Bearer {token}");
        if body.is_empty() {
            self.send(target, &[&bearer], "")
        } else {
            self.send(target, &[&bearer, JSON], body)
        }
    }

    pub(crate) fn register(&self, name: &str) -> Answer {
        let body = format!(r#"{{"username":"{name}","password":"{PASSWORD}"}}"#);
        self.send("POST /auth/register", &[JSON], body)
    }

    pub(crate) fn log_in(&self, name: &str, password: &str) -> Answer {
        let password = password.replace(' ', "+");
        let body = format!("grant_type=password&username={name}&password={password}");
        self.send("POST /auth/token", &[FORM], body)
    }

    pub(crate) fn refresh(&self, token: &str) -> Answer {
        let body = format!(r#"{{"refresh_token":"{token}"}}"#);
        self.send("POST /auth/refresh", &[JSON], body)
    }

    /// What the endpoints for forms answer to this body.
    pub(crate) fn post_form(&self, path: &str, headers: &[&str], body: &str) -> Answer {
        let headers = [headers, &[FORM]].concat();
        self.send(&format!("POST {path}"), &headers, body)
    }

    /// A login through the proxy on this machine, which says that it came from there.
    pub(crate) fn log_in_from(&self, address: &str, name: &str, password: &str) -> Answer {
        let password = password.replace(' ', "+");
        let body = format!("grant_type=password&username={name}&password={password}");
        self.post_form("/auth/token", &[&format!("X-Forwarded-For: {address}")], &body)
    }

    /// Registers a user and answers with an access token.
    pub(crate) fn user(&self, name: &str) -> String {
        assert_eq!(self.register(name).status, 201);
        self.log_in(name, PASSWORD).text("access_token")
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Where it has ended already both are errors, and nothing is left to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a program that does not start says: one line for each fault.
pub(crate) fn refusal(dir: &Path, variables: &[(&str, impl AsRef<OsStr>)]) -> Vec<String> {
    let mut child = command(dir, variables).spawn().unwrap();
    let log = Arc::new(Mutex::new(String::new()));
    let collector = collect(child.stderr.take().unwrap(), Arc::clone(&log));
    let status = wait(&mut child);
    collector.join().unwrap();
    let log = log.lock().unwrap().clone();
    assert_eq!(status.code(), Some(1), "{log}");
    assert!(!log.contains("panicked"), "{log}");
    let mut output = String::new();
    child.stdout.take().unwrap().read_to_string(&mut output).unwrap();
    assert_eq!(output, "");
    log.lines().filter_map(|line| line.strip_prefix("tasks: ")).map(str::to_owned).collect()
}

/// Exit code, output and errors of the program with these arguments, which ends by itself.
pub(crate) fn run(dir: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = command(dir, NONE).args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// As [`run`], with these variables and this text on standard input.
pub(crate) fn run_with(
    dir: &Path,
    variables: &[(&str, &str)],
    arguments: &[&str],
    input: &str,
) -> (Option<i32>, String, String) {
    let mut child = command(dir, variables).args(arguments).stdin(Stdio::piped()).spawn().unwrap();
    // A program that reads nothing has closed it.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// A command that runs, to be killed.
pub(crate) fn spawn(dir: &Path, arguments: &[&str]) -> Child {
    command(dir, NONE).args(arguments).spawn().unwrap()
}

pub(crate) fn directory() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// Asks until there is an answer.
pub(crate) fn until<T>(mut question: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = question() {
            return answer;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "waited in vain");
        thread::sleep(Duration::from_millis(5));
    }
}

fn wait(child: &mut Child) -> ExitStatus {
    until(|| child.try_wait().unwrap())
}

/// The program with these variables and no others, on a free port unless they say otherwise.
fn command(dir: &Path, variables: &[(&str, impl AsRef<OsStr>)]) -> Command {
    let mut command = Command::new(program());
    command
        .current_dir(dir)
        .env_clear()
        .env("TASKS_ADDR", "127.0.0.1:0")
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Cargo tells tests where programs are, but not where examples are: beside the directory `deps`
/// of the test itself.
fn program() -> PathBuf {
    let test = env::current_exe().unwrap();
    let profile = test.parent().and_then(Path::parent).unwrap();
    let name = format!("tasks{}", env::consts::EXE_SUFFIX);
    let program = profile.join("examples").join(name);
    assert!(program.exists(), "build it: cargo build --example tasks --features full");
    program
}

fn collect(source: impl Read + Send + 'static, log: Arc<Mutex<String>>) -> JoinHandle<()> {
    thread::spawn(move || {
        for line in BufReader::new(source).lines().map_while(Result::ok) {
            let mut log = log.lock().unwrap();
            log.push_str(&line);
            log.push('\n');
        }
    })
}
