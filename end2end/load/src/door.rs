//! The server functions, over one HTTP connection that is kept.

use crate::{Closed, Held, Result, Visitor, wire::connect};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use whilst::wire::{
    Cursor, Envelope, Enveloped, Ordinal, Problem, RoomId, Seq,
    fetch::{Answer, Ask, CatchUp, CaughtUp, Delta, Have, History, Page, Question, Range, Want},
};

const READ_BYTES: usize = 64 * 1024;

/// A connection to the server functions.
pub struct Door {
    stream: TcpStream,
    addr: String,
    cookie: String,
    /// What was read of the answer under way.
    read: Vec<u8>,
}

impl Door {
    /// # Errors
    /// Where nobody listens.
    pub async fn open(addr: &str, visitor: &Visitor) -> Result<Self> {
        let stream = connect(addr).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            addr: addr.to_owned(),
            cookie: visitor.cookie.clone(),
            read: Vec::new(),
        })
    }

    /// What changed since a tab held this and a cursor of one room, as for the room on screen.
    ///
    /// # Errors
    /// As [`Door::ask`].
    pub async fn catch_up(&mut self, held: Held, room: RoomId, cursor: Option<Cursor>) -> Result<CaughtUp> {
        let have = Have {
            room,
            cursor,
            want: Want::Rows,
        };
        let ask = CatchUp {
            epoch: Some(held.epoch),
            user: held.user,
            directory: held.directory,
            rooms: vec![have],
        };
        match self.ask(&ask.into()).await? {
            Answer::CaughtUp(caught_up) => Ok(caught_up),
            other => Err(format!("not the answer to a catch-up: {other:?}").into()),
        }
    }

    /// As much as one answer takes of what follows a cursor.
    ///
    /// # Errors
    /// As [`Door::ask`].
    pub async fn range(&mut self, room: RoomId, after: Cursor, to: Seq) -> Result<Delta> {
        match self.ask(&Range { room, after, to }.into()).await? {
            Answer::Delta(delta) => Ok(delta),
            other => Err(format!("not the answer to a range: {other:?}").into()),
        }
    }

    /// A page of older messages.
    ///
    /// # Errors
    /// As [`Door::ask`].
    pub async fn history(&mut self, room: RoomId, before: Ordinal, limit: u32) -> Result<Page> {
        match self.ask(&History { room, before, limit }.into()).await? {
            Answer::Page(page) => Ok(page),
            other => Err(format!("not the answer to a history: {other:?}").into()),
        }
    }

    /// Asks anything.
    ///
    /// # Errors
    /// The server's refusal, in its name; or that the connection is gone.
    pub async fn ask(&mut self, ask: &Ask) -> Result<Answer> {
        let path = match ask {
            Ask::CatchUp(_) => "catch_up",
            Ask::History(_) => "history",
            Ask::Range(_) => "range",
            Ask::Around(_) => "around",
            Ask::Whoami(_) => "whoami",
            Ask::MarkRead(_) => "mark_read",
        };
        let (status, body) = self
            .post(path, &postcard::to_allocvec(&Question::current(ask.clone()).pack())?)
            .await?;
        if status != 200 {
            let problem: Problem = postcard::from_bytes(&body)?;
            return Err(format!("{path} was answered with {status}: {problem:?}").into());
        }
        let answer: Envelope = postcard::from_bytes(&body)?;
        Ok(Answer::unpack(&answer)?)
    }

    async fn post(&mut self, path: &str, body: &[u8]) -> Result<(u16, Vec<u8>)> {
        let Self { addr, cookie, .. } = self;
        let mut request = format!(
            "POST /api/{path} HTTP/1.1\r\nhost: {addr}\r\norigin: http://{addr}\r\nsec-fetch-site: same-origin\r\n\
             content-type: application/x-postcard\r\naccept: application/x-postcard\r\ncookie: {cookie}\r\n\
             content-length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        request.extend_from_slice(body);
        self.stream.write_all(&request).await?;
        loop {
            if let Some((status, body, used)) = answer(&self.read)? {
                self.read.drain(..used);
                return Ok((status, body));
            }
            self.read.reserve(READ_BYTES);
            if self.stream.read_buf(&mut self.read).await? == 0 {
                return Err(Closed { code: None }.into());
            }
        }
    }
}

/// A whole answer at the start of these bytes: status, body, length.
fn answer(bytes: &[u8]) -> Result<Option<(u16, Vec<u8>, usize)>> {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = std::str::from_utf8(&bytes[..end])?.to_ascii_lowercase();
    let status = head.split(' ').nth(1).unwrap_or_default().parse()?;
    let rest = end + 4;
    let header = |name: &str| head.lines().find_map(|line| line.strip_prefix(name));
    if let Some(length) = header("content-length:") {
        let length: usize = length.trim().parse()?;
        let body = bytes.get(rest..rest + length);
        return Ok(body.map(|body| (status, body.to_vec(), rest + length)));
    }
    let (mut body, mut at) = (Vec::new(), rest);
    loop {
        let Some(line) = bytes[at..].windows(2).position(|window| window == b"\r\n") else {
            return Ok(None);
        };
        let size = usize::from_str_radix(std::str::from_utf8(&bytes[at..at + line])?.trim(), 16)?;
        let from = at + line + 2;
        let Some(chunk) = bytes.get(from..from + size + 2) else {
            return Ok(None);
        };
        at = from + size + 2;
        if size == 0 {
            return Ok(Some((status, body, at)));
        }
        body.extend_from_slice(&chunk[..size]);
    }
}
