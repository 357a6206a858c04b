//! The door of live push: one WebSocket for each tab that is open.
//!
//! It lets in who is signed in and comes from a page of ours, says where all logs
//! end, sends what its subscription gives, and calls one verb for each command. It holds
//! no rule about rooms or messages.

mod commands;
mod conversation;
mod door;
mod incoming;
mod lanes;
mod outgoing;
mod paces;
mod progress;
mod sql;
mod woken;

#[cfg(test)]
pub use conversation::converse;
pub use door::upgrade;
pub use paces::Paces;
pub use progress::{Counted, Progress};

use super::clock::Ambience;
use crate::wire::Millis;
use std::{future::Future, pin::pin, task::Poll};

/// Who connects says hello soon.
const HELLO_WITHIN_MS: u64 = 10_000;
/// So that proxies keep the wire open, and that both sides notice when it is not.
const PING_EVERY_MS: u64 = 25_000;
/// Nothing heard for this long, not even a pong: the wire is dead.
const IDLE_MAX_MS: u64 = 90_000;
/// A slow consumer: its socket has taken no byte for this long, though some wait.
const STUCK_MAX_MS: u64 = 30_000;
/// For a socket to take the welcome.
const WELCOME_WITHIN_MS: u64 = 30_000;
/// A socket with bytes that it does not take is looked at this often.
const STUCK_LOOK_MS: u64 = 5_000;
/// Commands under way when the server stops get this long.
const STOP_WITHIN_MS: u64 = 5_000;
/// For the other side to answer a close.
const CLOSE_WITHIN_MS: u64 = 1_000;
/// A session is looked at again this often at least, and when it expires.
const RECHECK_EVERY_MS: u64 = 30 * 60 * 1_000;
/// After a look that failed.
const RECHECK_AGAIN_MS: u64 = 60_000;
/// Commands of one connection under way; it is not read from beyond.
const COMMANDS_IN_FLIGHT_MAX: usize = 64;
/// Things that cannot be read, from one connection.
const MALFORMED_MAX: u32 = 16;
/// What is read at once. The buffer is filled with zeros before each look at the wire,
/// also when nothing came, and stays with the connection: a large one costs every
/// delivery its time and every idle tab its memory. Longer messages make it grow.
const READ_BUFFER_BYTES: usize = 512;
/// What is gathered before it is written to the wire. A connection keeps what it once
/// needed; more at once saves few writes.
const WRITE_BUFFER_BYTES: usize = 16 * 1024;
/// A longer frame is written before the next is taken: one more beside it saves little, and a reader
/// that is stuck would keep both where nobody shares them.
const LONG_FRAME_BYTES: usize = 2 * 1024;
/// Frames taken between two flushes, unless they are [`WRITE_MAX_BYTES`](super::hub::WRITE_MAX_BYTES)
/// before that.
const FRAMES_PER_FLUSH: usize = 64;

/// What the future comes to, if it does within the time.
async fn within<T>(ambience: &Ambience, ms: u64, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    // Most are ready at once, and no alarm is set for them.
    if let Poll::Ready(output) = futures_util::poll!(&mut future) {
        return Some(output);
    }
    let deadline = Millis(ambience.now().0.saturating_add(ms));
    tokio::select! {
        biased;
        output = future => Some(output),
        () = ambience.clock.sleep_until(deadline) => None,
    }
}
