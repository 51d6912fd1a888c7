//! nginx as a child of the test, with what the page on deployment has.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use tempfile::TempDir;

const PAGE: &str = include_str!("../../docs/guide/deployment.md");

/// Waits for the end of its input, which comes with that of the test, however that ends.
const REAPER: &str = r#""$@" & read -r _; kill $!; wait"#;

/// What a test puts in the place of a line of the page.
pub(crate) type Changes<'a> = &'a [(&'a str, &'a str)];

pub(crate) struct Nginx {
    pub(crate) http: SocketAddr,
    pub(crate) https: SocketAddr,
    directory: TempDir,
    child: Child,
}

/// Where nginx is; nothing, and a word of it, where it is not.
pub(crate) fn program() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    // A user's path often lacks the directory.
    let directories = env::split_paths(&path).chain(["/usr/sbin".into()]);
    let found = directories.map(|directory| directory.join("nginx")).find(|it| it.is_file());
    if found.is_none() {
        let required = env::var_os("REQUIRE_SERVICES").is_some_and(|value| value == "1");
        assert!(!required, "there is no nginx, and REQUIRE_SERVICES asks for it");
        println!("skipped: there is no nginx");
    }
    found
}

/// The first block for nginx below a heading of the page.
pub(crate) fn block(heading: &str) -> &'static str {
    let (_, section) = PAGE.split_once(&format!("\n{heading}\n")).unwrap();
    let (_, block) = section.split_once("```nginx\n").unwrap();
    block.split_once("```\n").unwrap().0
}

/// Replaces what is there once.
pub(crate) fn changed(text: &str, changes: Changes<'_>) -> String {
    changes.iter().fold(text.to_owned(), |text, (old, new)| {
        assert_eq!(text.matches(old).count(), 1, "{old:?} in {text}");
        text.replace(old, new)
    })
}

impl Nginx {
    /// The page's own lines before this service.
    pub(crate) fn before(service: SocketAddr) -> Option<Self> {
        Self::with(service, "", &[])
    }

    /// With more of the page before them, and some of them changed.
    pub(crate) fn with(service: SocketAddr, more: &str, changes: Changes<'_>) -> Option<Self> {
        let program = program()?;
        let page = format!("{more}\n{}", changed(block("## nginx"), changes));
        // Somebody else may take a port before nginx does.
        let started = (0..5).find_map(|_| Self::start(&program, service, &page));
        Some(started.expect("nginx starts"))
    }

    fn start(program: &Path, service: SocketAddr, page: &str) -> Option<Self> {
        let [http, https] = [free_address(), free_address()];
        let keys = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys");
        let page = changed(
            page,
            &[
                ("server 127.0.0.1:3000;", &format!("server {service};")),
                ("listen 80;", &format!("listen {http};")),
                ("listen 443 ssl", &format!("listen {https} ssl")),
                ("/etc/ssl/api.example.com.crt", keys.join("localhost.crt").to_str().unwrap()),
                ("/etc/ssl/api.example.com.key", keys.join("localhost.pem").to_str().unwrap()),
            ],
        );
        let directory = configured(&page);
        let child = Command::new("sh")
            .args(["-c", REAPER, "sh"])
            .arg(program)
            .args(arguments(directory.path()))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut nginx = Self { http, https, directory, child };
        nginx.listens().then_some(nginx)
    }

    fn listens(&mut self) -> bool {
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(20) {
            let ours = self.directory.path().join("nginx.pid").exists();
            if ours && [self.http, self.https].iter().all(|it| TcpStream::connect(it).is_ok()) {
                return true;
            }
            if self.log().contains("[emerg]") {
                break;
            }
            thread::sleep(Duration::from_millis(10));
        }
        // For whoever reads why none of the attempts went well.
        eprintln!("{}", self.log());
        false
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("error.log")).unwrap_or_default()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // The end of its input.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// Whether nginx takes this configuration, and what it says.
pub(crate) fn accepts(program: &Path, page: &str) -> (bool, String) {
    let directory = configured(page);
    let output =
        Command::new(program).arg("-t").args(arguments(directory.path())).output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn arguments(directory: &Path) -> [String; 6] {
    let directory = directory.to_str().unwrap();
    ["-p", directory, "-c", "nginx.conf", "-e", "error.log"].map(str::to_owned)
}

/// A directory of nginx's own, with these lines where Debian includes those of `conf.d`.
fn configured(page: &str) -> TempDir {
    let directory = tempfile::Builder::new().prefix("nginx-").tempdir().unwrap();
    // One process, so that there is one to end, and nothing belongs to another user.
    let main = "daemon off;\nmaster_process off;\npid nginx.pid;\nerror_log error.log warn;\n\
                events {}\nhttp {\naccess_log off;\n";
    let mut file = fs::File::create(directory.path().join("nginx.conf")).unwrap();
    file.write_all(main.as_bytes()).unwrap();
    for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
        writeln!(file, "{kind}_temp_path {kind};").unwrap();
    }
    writeln!(file, "{page}\n}}").unwrap();
    directory
}

fn free_address() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}
