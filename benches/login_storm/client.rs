//! As much of HTTP/1.1 as it takes to ask this server.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

pub(crate) struct Client {
    stream: TcpStream,
    deadline: Instant,
}

impl Client {
    pub(crate) fn connect(address: SocketAddr, deadline: Instant) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, deadline })
    }

    /// The status of the answer, which has come in whole.
    pub(crate) fn ask(&mut self, request: &[u8]) -> io::Result<u16> {
        self.stream.write_all(request)?;
        let mut answer = [0; 8 * 1024];
        let mut length = 0;
        loop {
            if let Some(status) = complete(&answer[..length]) {
                return Ok(status);
            }
            let left = self.deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            self.stream.set_read_timeout(Some(left))?;
            match self.stream.read(&mut answer[length..])? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => length += read,
            }
        }
    }
}

/// The status, once all is there: every answer of the server has a `content-length`.
fn complete(answer: &[u8]) -> Option<u16> {
    let text = std::str::from_utf8(answer).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "))?;
    let is_whole = body.len() >= length.parse::<usize>().ok()?;
    is_whole.then(|| head.split(' ').nth(1)?.parse().ok())?
}
