//! People, rooms and history, put straight into a data folder before the server starts:
//! what is measured is how the server carries them, not how they come to be.
//!
//! Ids are counted, so that both sides know them.

use crate::{
    server::{FOLDER, fresh_folder},
    sql::{self, Rows},
};
use std::path::{Path, PathBuf};
use whilst::{
    server::{clock::Ambience, sessions::Token, store::Store},
    wire::{Cursor, DeviceId, RoomId, Seq, SessionId, Tail, UserId},
};
use whilst_load::{Result, Visitor};

const USERS: u8 = 0xa0;
const ROOMS: u8 = 0xb0;
const SESSIONS: u8 = 0xc0;

/// How a room is to be.
pub struct Room {
    pub members: Vec<usize>,
    pub is_direct: bool,
    /// Said by the first member before the server starts.
    pub messages: u64,
}

/// A folder that a server can be started on, and who may sign in there.
pub struct Seeded {
    pub folder: PathBuf,
    pub visitors: Vec<Visitor>,
}

impl Room {
    pub fn of(members: Vec<usize>) -> Self {
        Self {
            members,
            is_direct: false,
            messages: 0,
        }
    }
}

pub fn user(nth: usize) -> UserId {
    UserId::from_bytes(counted(USERS, nth))
}

pub fn room(nth: usize) -> RoomId {
    RoomId::from_bytes(counted(ROOMS, nth))
}

/// Where a seeded log stood before its messages: its room was made, its members let in.
pub fn cursor_before_messages(members: usize) -> Cursor {
    let seq = members as u64 + 1;
    Cursor {
        seq: Seq(seq),
        tail: Tail(seq as u32),
    }
}

/// A folder of this name on the disk that is measured.
///
/// # Errors
/// Where the folder cannot be made.
pub async fn seed(name: &str, users: usize, rooms: &[Room]) -> Result<Seeded> {
    seed_at(Path::new(FOLDER).join(name), users, rooms).await
}

/// A folder at this path, in the place of what was there.
///
/// # Errors
/// Where the folder cannot be made.
pub async fn seed_at(folder: PathBuf, users: usize, rooms: &[Room]) -> Result<Seeded> {
    let folder = fresh_folder(folder)?;
    let ambience = Ambience::of_the_machine();
    Store::open_unsynced(&folder, &ambience).await?.close().await;
    let tokens: Vec<Token> = (0..users).map(|_| Token::draw(&ambience)).collect();
    let rows = Rows {
        now: ambience.now().0,
        users: (0..users).map(user).collect(),
        sessions: (0..users)
            .map(|nth| SessionId::from_bytes(counted(SESSIONS, nth)))
            .zip(tokens.iter().map(Token::hash))
            .collect(),
        rooms: (0..rooms.len()).map(room).zip(rooms).collect(),
    };
    sql::fill(&folder, &rows).await?;
    let visitors = tokens
        .iter()
        .enumerate()
        .map(|(nth, token)| visitor(nth, token))
        .collect();
    Ok(Seeded { folder, visitors })
}

/// Signs somebody in who is in the folder already.
///
/// # Errors
/// Where the folder is no store.
pub async fn sign_in(folder: &Path, who: UserId) -> Result<Visitor> {
    let ambience = Ambience::of_the_machine();
    let token = Token::draw(&ambience);
    let session = SessionId::from_bytes(ambience.random());
    sql::sign_in(folder, who, session, token.hash(), ambience.now().0).await?;
    let mut visitor = visitor(0, &token);
    visitor.user = who;
    Ok(visitor)
}

fn visitor(nth: usize, token: &Token) -> Visitor {
    Visitor {
        user: user(nth),
        cookie: format!("whilst={}", token.reveal()),
        device: DeviceId::from_bytes(counted(0xd0, nth)),
    }
}

fn counted(kind: u8, nth: usize) -> [u8; 16] {
    let mut bytes = [0x01, 0x90, 0, 0, 0, 0, 0x70, 0, 0x80, kind, 0, 0, 0, 0, 0, 0];
    bytes[10..].copy_from_slice(&(nth as u64).to_be_bytes()[2..]);
    bytes
}
