//! Commands that happen once per client key, for ever.

use super::{
    batch::Batch,
    sql::{self, KeyRow},
    write::Write,
};
use crate::{
    server::{error::Result, sessions::Signed},
    wire::{ClientKey, Problem, RoomId, Seq, SessionId, UserId, event::Accepted},
};
use futures_util::{FutureExt, future::BoxFuture};
use sha2::Digest as _;
use sqlx::SqliteConnection;

/// SHA-256 of what a command asks for, without its key: tells a resend from another
/// command under the same key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Of a verb and its parts. The parts are what was meant, not bytes of the wire: a
    /// resend by a newer program, in a newer version, is still the same command.
    pub fn of(verb: &str, parts: &[&[u8]]) -> Self {
        let mut hash = sha2::Sha256::new();
        for part in std::iter::once(&verb.as_bytes()).chain(parts) {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        Self(hash.finalize().into())
    }

    pub(in crate::server) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Who wants what, under which name.
#[derive(Debug, Clone, Copy)]
pub struct Wish {
    pub(super) user: UserId,
    pub(super) session: SessionId,
    pub(super) key: ClientKey,
    pub(super) digest: Digest,
}

impl Wish {
    pub fn new(who: &Signed, key: ClientKey, digest: Digest) -> Self {
        Self {
            user: who.user(),
            session: who.session(),
            key,
            digest,
        }
    }
}

/// The first answer of a wish that was fulfilled before, without writing anything.
///
/// # Errors
/// `KeyReused` if the key was used for another wish.
pub async fn find_first_answer(conn: &mut SqliteConnection, wish: &Wish) -> Result<Option<Accepted>> {
    match sql::find_key(conn, wish.user, wish.key).await? {
        Some(first) => Ok(Some(first.answer(wish)?)),
        None => Ok(None),
    }
}

/// Whether the author used this key before: what is known costs nothing again.
pub async fn is_known(conn: &mut SqliteConnection, author: UserId, key: ClientKey) -> Result<bool> {
    Ok(sql::find_key(conn, author, key).await?.is_some())
}

/// What a wish comes to when it is fulfilled for the first time: the room and the
/// entry that is its answer for ever.
pub trait Deed: Send + Sync + 'static {
    /// See [`Write::LEAVES_SESSIONS`].
    const LEAVES_SESSIONS: bool = false;

    fn fulfil<'a>(&'a self, batch: &'a mut Batch<'_>) -> BoxFuture<'a, Result<(RoomId, Seq)>>;
}

/// The only way from a wish to its deed: session, key, deed, key kept.
pub(super) struct Once<D> {
    wish: Wish,
    deed: D,
}

impl<D: Deed> Once<D> {
    pub fn new(wish: Wish, deed: D) -> Self {
        Self { wish, deed }
    }

    async fn fulfil(&self, batch: &mut Batch<'_>) -> Result<Accepted> {
        batch.demand_session(self.wish.user, self.wish.session).await?;
        if let Some(first) = sql::find_key(batch.conn, self.wish.user, self.wish.key).await? {
            return Ok(first.answer(&self.wish)?);
        }
        let (room, seq) = self.deed.fulfil(batch).await?;
        let first = KeyRow {
            room,
            seq,
            digest: self.wish.digest.as_bytes().to_vec(),
        };
        sql::insert_key(batch.conn, self.wish.user, self.wish.key, &first).await?;
        Ok(first.answer(&self.wish)?)
    }
}

impl<D: Deed> Write for Once<D> {
    type Output = Accepted;

    const LEAVES_SESSIONS: bool = D::LEAVES_SESSIONS;

    fn apply<'a>(&'a self, batch: &'a mut Batch<'_>) -> BoxFuture<'a, Result<Accepted>> {
        self.fulfil(batch).boxed()
    }
}

impl KeyRow {
    /// The first answer again, if this wish is that one.
    pub(super) fn answer(&self, wish: &Wish) -> Result<Accepted, Problem> {
        if self.digest != wish.digest.as_bytes() {
            return Err(Problem::KeyReused);
        }
        Ok(Accepted {
            client_key: wish.key,
            room: self.room,
            seq: self.seq,
        })
    }
}
