//! What a tab knows, and what it does about what happens.
//!
//! A [`Tab`] is a state machine without a screen, a network, a store or a clock:
//! it is told an [`Input`] together with the time and chance of that moment, and
//! answers with [`Effect`]s for others to carry out. The same type runs in the
//! browser, in the server's tests and under a simulator, and the server draws the
//! first picture of a page from it.
//!
//! ```text
//! tab         takes inputs apart, then turns the wheel: what is lacking is fetched,
//!             what may leave leaves
//! connection  the socket's life: opening, liveness, backing off
//! sync        which questions are asked next, and what their answers do
//! socket      what is said over the wire; `hearing` what is said back
//! acting      what the reader does
//! room        one room: its summary, its timeline, the one path by which snapshots,
//!             deltas and live events come in; `head` and `counting` what is kept of it
//! window      which of a room's rows are drawn, and how that moves; `reading` which of them
//!             were on screen long enough
//! outbox      commands that are not acknowledged yet; `kept` where they outlive a page,
//!             `unsent` what the tab makes of both, `overlay` what they will do to rows
//! ```
//!
//! What is lacking is never remembered as a step to do, but seen from the state: a
//! room whose log is known to go further than what is held is behind, whatever the
//! reason, and is asked for until it is not.

mod acting;
mod away;
mod connection;
mod counting;
mod directory;
mod head;
mod hearing;
mod held;
mod io;
mod kept;
mod marking;
mod outbox;
mod overlay;
mod pages;
mod presence;
mod query;
mod reading;
mod room;
mod socket;
mod sorted;
mod spans;
mod store;
mod sync;
mod tab;
mod timeline;
mod unsent;
mod user_log;
mod view;
mod window;

pub use crate::wire::first_picture::FirstPicture;
pub use connection::Status;
pub use io::{Act, Changed, Effect, Env, FetchId, Generation, Input};
pub use kept::{KeptOutbox, OUTBOX_PREFIX, Texts};
pub use outbox::{Pending, PendingState};
pub use overlay::{Overlay, PendingReaction};
pub use reading::{READ_AFTER, Reading};
pub use spans::{Span, Spans};
pub use store::{MemoryStore, OutboxStore, Stored};
pub use tab::Tab;
pub use timeline::Timeline;
pub use view::{RoomLine, Row, RowKey, Totals, continues};
pub use window::{Drawn, ROWS_BESIDE_MAX, ROWS_DRAWN_MAX, rows_beside};

#[cfg(test)]
mod tests;
