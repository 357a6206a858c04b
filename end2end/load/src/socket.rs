//! As much of a WebSocket as a client of one trusted server needs.

use crate::{Result, wire::connect};
use std::ops::Range;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const BUFFER_BYTES: usize = 4 * 1024;
const BUFFER_MAX_BYTES: usize = 4 * 1024 * 1024;
/// Any four bytes serve: masks protect proxies, and there is none.
const MASK: [u8; 4] = [0x5a, 0xc3, 0x96, 0x0f];

/// Lengths that stand for a longer one behind them.
const LENGTH_IN_2_BYTES: u8 = 0x7e;
const LENGTH_IN_8_BYTES: u8 = 0x7f;

const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed {
    /// The server's code, if it said one.
    pub code: Option<u16>,
}

impl std::fmt::Display for Closed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.code {
            Some(code) => write!(f, "the server closed the connection with {code}"),
            None => f.write_str("the connection was lost"),
        }
    }
}

impl std::error::Error for Closed {}

/// A connection of binary messages.
pub struct Socket {
    stream: TcpStream,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

impl Socket {
    /// Opens `/ws` of a server at `host:port` as the holder of this cookie.
    ///
    /// # Errors
    /// Where nobody listens, or the upgrade is refused: the message has the status.
    pub async fn open(addr: &str, cookie: &str) -> Result<Self> {
        let mut stream = connect(addr).await?;
        stream.set_nodelay(true)?;
        let upgrade = format!(
            "GET /ws HTTP/1.1\r\nhost: {addr}\r\norigin: http://{addr}\r\ncookie: {cookie}\r\nconnection: upgrade\r\n\
             upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        );
        stream.write_all(upgrade.as_bytes()).await?;
        let mut socket = Self {
            stream,
            buffer: vec![0; BUFFER_BYTES],
            start: 0,
            end: 0,
        };
        loop {
            socket.fill().await?;
            let read = &socket.buffer[..socket.end];
            if let Some(at) = read.windows(4).position(|window| window == b"\r\n\r\n") {
                let status = String::from_utf8_lossy(&read[..at]);
                let status = status.split(' ').nth(1).unwrap_or_default();
                if status != "101" {
                    return Err(format!("the upgrade was answered with {status}").into());
                }
                socket.start = at + 4;
                return Ok(socket);
            }
        }
    }

    /// Opens a connection on which the other side speaks at once, without an upgrade.
    ///
    /// # Errors
    /// Where nobody listens.
    pub async fn open_bare(addr: &str) -> Result<Self> {
        Ok(Self {
            stream: connect(addr).await?,
            buffer: vec![0; BUFFER_BYTES],
            start: 0,
            end: 0,
        })
    }

    /// Sends one binary message.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn send(&mut self, message: &[u8]) -> Result<()> {
        self.write(BINARY, message).await
    }

    /// The next binary message; pings are answered on the way. Nothing is lost when this
    /// is given up and asked again.
    ///
    /// # Errors
    /// [`Closed`].
    pub async fn next(&mut self) -> Result<&[u8]> {
        loop {
            let Some((opcode, payload)) = self.take() else {
                self.fill().await?;
                continue;
            };
            match opcode {
                BINARY => return Ok(&self.buffer[payload]),
                PING => {
                    let body = self.buffer[payload].to_vec();
                    self.write(PONG, &body).await?;
                }
                CLOSE => {
                    let code = self.buffer[payload].first_chunk().map(|code| u16::from_be_bytes(*code));
                    return Err(Closed { code }.into());
                }
                _ => {}
            }
        }
    }

    /// True if another whole message was read already.
    pub fn has_next(&self) -> bool {
        parse(&self.buffer[self.start..self.end]).is_some()
    }

    fn take(&mut self) -> Option<(u8, Range<usize>)> {
        let (opcode, payload) = parse(&self.buffer[self.start..self.end])?;
        let payload = self.start + payload.start..self.start + payload.end;
        self.start = payload.end;
        Some((opcode, payload))
    }

    async fn fill(&mut self) -> Result<()> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.buffer.len() {
            if self.end >= BUFFER_MAX_BYTES {
                return Err("a message is longer than any should be".into());
            }
            self.buffer.resize(self.end * 2, 0);
        }
        match self.stream.read(&mut self.buffer[self.end..]).await {
            Ok(0) | Err(_) => Err(Closed { code: None }.into()),
            Ok(read) => {
                self.end += read;
                Ok(())
            }
        }
    }

    async fn write(&mut self, opcode: u8, payload: &[u8]) -> Result<()> {
        let mut frame = Vec::with_capacity(payload.len() + 14);
        frame.push(0x80 | opcode);
        match payload.len() {
            short @ 0..=125 => frame.push(0x80 | short as u8),
            middle @ 126..=0xffff => {
                frame.push(0x80 | LENGTH_IN_2_BYTES);
                frame.extend_from_slice(&(middle as u16).to_be_bytes());
            }
            long => {
                frame.push(0x80 | LENGTH_IN_8_BYTES);
                frame.extend_from_slice(&(long as u64).to_be_bytes());
            }
        }
        frame.extend_from_slice(&MASK);
        frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        self.stream.write_all(&frame).await?;
        Ok(())
    }
}

/// The opcode of a whole, unfragmented frame, and where its payload lies.
fn parse(bytes: &[u8]) -> Option<(u8, Range<usize>)> {
    let (&[first, second], rest) = bytes.split_first_chunk()?;
    let (head, length): (usize, usize) = match second & 0x7f {
        LENGTH_IN_2_BYTES => (4, usize::from(u16::from_be_bytes(*rest.first_chunk()?))),
        LENGTH_IN_8_BYTES => (10, usize::try_from(u64::from_be_bytes(*rest.first_chunk()?)).ok()?),
        short => (2, usize::from(short)),
    };
    let payload = head..head.checked_add(length)?;
    (payload.end <= bytes.len()).then_some((first & 0x0f, payload))
}
