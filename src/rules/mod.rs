//! Pure decisions that both sides make alike: what a body mentions and how it
//! is laid out, what is unread, what a returning person is told.
//!
//! Nothing here reads a clock, draws chance, waits or keeps state of its own;
//! it imports `wire` alone.

pub mod away;
pub mod bucket;
pub mod civil;
pub mod cover;
pub mod mentions;
pub mod preview;
pub mod rich;
pub mod unread;
