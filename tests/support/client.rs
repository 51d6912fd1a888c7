//! A client that speaks as much HTTP/1.1 as the tests need: one request a connection.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    /// The value of a header that occurs once, or nothing.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(own, _)| own == name);
        let value = values.next().map(|(_, value)| value.as_str());
        assert!(values.next().is_none(), "{name} occurs twice");
        value
    }

    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), Some("application/json"), "{self:?}");
        serde_json::from_str(&self.body).unwrap()
    }

    pub(crate) fn text(&self, member: &str) -> String {
        self.json()[member].as_str().unwrap_or_else(|| panic!("no {member}: {self:?}")).to_owned()
    }
}

pub(crate) fn connect(addr: SocketAddr) -> TcpStream {
    try_connect(addr).unwrap()
}

fn try_connect(addr: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(addr)?;
    // A service that hangs must fail the test and not stall it.
    stream.set_read_timeout(Some(Duration::from_secs(120)))?;
    Ok(stream)
}

/// Sends a request with a body of known length.
pub(crate) fn send(addr: SocketAddr, target: &str, headers: &[&str], body: &[u8]) -> Answer {
    try_send(addr, target, headers, body).unwrap_or_else(|error| panic!("{target}: {error}"))
}

/// As [`send`], to a service that may be killed meanwhile: an error is no answer, or half of one.
pub(crate) fn try_send(
    addr: SocketAddr,
    target: &str,
    headers: &[&str],
    body: &[u8],
) -> io::Result<Answer> {
    let mut stream = try_connect(addr)?;
    stream.write_all(&head(target, headers, Some(body.len())))?;
    stream.write_all(body)?;
    try_receive(&mut stream)
}

/// The head of a request; `target` is method and path.
pub(crate) fn head(target: &str, headers: &[&str], length: Option<usize>) -> Vec<u8> {
    let mut head = format!("{target} HTTP/1.1\r\nHost: tasks.test\r\nConnection: close\r\n");
    for header in headers {
        head.push_str(header);
        head.push_str("\r\n");
    }
    match length {
        Some(0) => {}
        Some(length) => head.push_str(&format!("Content-Length: {length}\r\n")),
        None => head.push_str("Transfer-Encoding: chunked\r\n"),
    }
    head.push_str("\r\n");
    head.into_bytes()
}

pub(crate) fn receive(stream: &mut impl Read) -> Answer {
    try_receive(stream).unwrap()
}

fn try_receive(stream: &mut impl Read) -> io::Result<Answer> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    let text = String::from_utf8(bytes).unwrap();
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return Err(io::ErrorKind::UnexpectedEof.into());
    };
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers: Vec<(String, String)> = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let answer = Answer { status, headers, body: body.to_owned() };
    match answer.header("content-length") {
        Some(length) if length != body.len().to_string() => {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
        _ => Ok(answer),
    }
}
