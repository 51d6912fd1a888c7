//! A relay between a store and its server, which counts the ways there and back.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};

/// What PostgreSQL's client sends to see whether a connection still is one: `Sync` and nothing else.
const PING: &[u8] = b"S\0\0\0\x04";

/// A port that leads to a server. A turn is all that a client sends until the server answers.
#[derive(Clone)]
pub(crate) struct Wire {
    port: u16,
    log: Arc<Mutex<Log>>,
}

#[derive(Default)]
struct Log {
    turns: Vec<Turn>,
    swallowed: Option<Vec<u8>>,
}

/// Whether somebody asked for something, or the driver made sure of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    Question,
    Ping,
}

impl Wire {
    /// To a server on this socket.
    pub(crate) async fn to(socket: impl Into<PathBuf>) -> Self {
        let socket = socket.into();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let wire = Self { port: listener.local_addr().unwrap().port(), log: Arc::default() };
        let log = Arc::clone(&wire.log);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (log, socket) = (Arc::clone(&log), socket.clone());
                tokio::spawn(async move {
                    // A server that is away is a connection that ends.
                    if let Ok(server) = UnixStream::connect(socket).await {
                        let _ = relay(client, server, &log).await;
                    }
                });
            }
        });
        wire
    }

    /// Of a database of PostgreSQL.
    pub(crate) fn postgres(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}?sslmode=disable", self.port)
    }

    pub(crate) fn redis(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// The turns since the last look, of all connections.
    pub(crate) fn turns(&self) -> Vec<Turn> {
        std::mem::take(&mut self.log.lock().unwrap().turns)
    }

    /// Hangs up on whoever next sends this, when the server has answered and before they see it.
    pub(crate) fn swallow_the_answer_to(&self, sent: &str) {
        self.log.lock().unwrap().swallowed = Some(sent.as_bytes().to_vec());
    }
}

async fn relay(
    mut client: TcpStream,
    mut server: UnixStream,
    log: &Mutex<Log>,
) -> std::io::Result<()> {
    client.set_nodelay(true)?;
    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    let (mut sent, mut answer) = (vec![0; 65536], vec![0; 65536]);
    // What was sent and has no answer yet.
    let mut asked = Vec::new();
    loop {
        tokio::select! {
            length = from_client.read(&mut sent) => {
                let length = length?;
                if length == 0 {
                    return Ok(());
                }
                asked.extend_from_slice(&sent[..length]);
                to_server.write_all(&sent[..length]).await?;
            }
            length = from_server.read(&mut answer) => {
                let length = length?;
                if length == 0 || is_swallowed(std::mem::take(&mut asked), log) {
                    return Ok(());
                }
                to_client.write_all(&answer[..length]).await?;
            }
        }
    }
}

/// Writes a turn down that has its answer now.
fn is_swallowed(asked: Vec<u8>, log: &Mutex<Log>) -> bool {
    let mut log = log.lock().unwrap();
    if !asked.is_empty() {
        log.turns.push(if asked == PING { Turn::Ping } else { Turn::Question });
    }
    let is_it = |text: &Vec<u8>| asked.windows(text.len()).any(|part| part == text);
    log.swallowed.take_if(|text| is_it(text)).is_some()
}
