//! How much of everything there may be. Each bound has one name and stands here.

use super::ids::Millis;
use serde::{Deserialize, Serialize};

pub const BODY_MAX_BYTES: u32 = 16 * 1024;
/// Combining marks in a row that still read as text; more is an attack on the screen.
pub const COMBINING_MARKS_MAX: u32 = 8;
pub const MENTIONS_MAX: u32 = 50;
pub const EMOJI_MAX_BYTES: u32 = 35;
/// Different emoji on one message.
pub const REACTION_KINDS_MAX: u32 = 20;
/// Reactions of all people on one message: all of them travel with it.
pub const REACTIONS_MAX: u32 = 200;
pub const NAME_MAX_CHARS: u32 = 64;
pub const USERNAME_MIN_CHARS: u32 = 2;
pub const USERNAME_MAX_CHARS: u32 = 32;
pub const ROOM_NAME_MAX_CHARS: u32 = 64;
pub const PASSWORD_MIN_CHARS: u32 = 8;
pub const PASSWORD_MAX_BYTES: u32 = 1024;

pub const FRAME_IN_MAX_BYTES: u32 = 64 * 1024;
pub const FRAME_OUT_MAX_BYTES: u32 = 256 * 1024;
pub const FRAME_OUT_MAX_ENTRIES: u32 = 200;
pub const ANSWER_MAX_BYTES: u32 = 1024 * 1024;

/// Missed more than this, a room answers `Jump`.
pub const DELTA_MAX_ENTRIES: u32 = 200;
pub const DELTA_MAX_BYTES: u32 = 256 * 1024;
/// After an `Advance`, the room on screen is filled by successive ranges up to this, without
/// a gap row.
pub const ADVANCE_MAX_ENTRIES: u32 = 5_000;
/// Messages of a page of history.
pub const PAGE_SIZE: u32 = 50;
/// Of a page around the first unread message, so many follow the last read one; the rest was
/// read before and is there for context.
pub const UNREAD_BELOW: u32 = 36;
/// Messages that one press of "Load … missing messages" may bring.
pub const GAP_PAGE_SIZE: u32 = 200;
pub const CATCH_UP_MAX_ROOMS: u32 = 64;
pub const WELCOME_PAGE_ROOMS: u32 = 1_000;
pub const DIRECTORY_PAGE_SIZE: u32 = 500;
pub const USER_LOG_PAGE_SIZE: u32 = 500;
/// Live events held back per room while its catch-up is under way.
pub const HELD_BACK_MAX_EVENTS: u32 = 1_000;
pub const HELD_BACK_MAX_BYTES: u32 = 1024 * 1024;
pub const DISMISSED_MAX: u32 = 32;
/// Read markers of one question that outlives its page.
pub const MARKS_PER_QUESTION_MAX: u32 = 64;
/// First words of a message on a card or in the list of rooms.
pub const PREVIEW_MAX_CHARS: u32 = 120;

/// The bounds an operator may change; told in `Welcome`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    pub body_max_bytes: u32,
    pub commands_burst: u32,
    pub commands_per_second: u32,
    pub outbox_max: u32,
    pub rooms_per_user_max: u32,
    pub connections_per_user_max: u32,
    /// An absence shorter than this shows no card.
    pub away_min_absence_ms: Millis,
    /// An absence shorter than this shows the card as one line.
    pub away_full_card_ms: Millis,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_max_bytes: BODY_MAX_BYTES,
            commands_burst: 50,
            commands_per_second: 5,
            outbox_max: 1_000,
            rooms_per_user_max: 2_000,
            connections_per_user_max: 32,
            away_min_absence_ms: Millis(3 * 60 * 1_000),
            away_full_card_ms: Millis(15 * 60 * 1_000),
        }
    }
}
