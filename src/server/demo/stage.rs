//! The eight rooms of the demo: who is in them, what is talked about, and what
//! changed in them during the month.

use crate::wire::RoomKind;

pub struct Scene {
    pub kind: RoomKind,
    /// Its first name; empty for a direct room.
    pub name: &'static str,
    /// Username of who made it.
    pub founder: &'static str,
    /// Who came in on the first day, in this order; the other one of a direct room.
    pub openers: &'static [&'static str],
    /// Topics of the corpus that come up here.
    pub topics: &'static [&'static str],
    /// How many of [`SHARES`] messages of the store are said here.
    pub share: u64,
    pub turns: &'static [Turn],
    pub absence: Absence,
}

pub const TURN_PARTS: u64 = 1_000;

/// Somebody's doing that is no message.
pub struct Turn {
    /// When, in [`TURN_PARTS`] of the month.
    pub at: u64,
    pub actor: &'static str,
    pub doing: Move,
}

#[derive(Clone, Copy)]
pub enum Move {
    Join,
    Leave,
    Add(&'static str),
    Remove(&'static str),
    Rename(&'static str),
}

/// What is said here while the one to sign in as is away.
pub struct Absence {
    /// A topic whose conversations come first.
    pub opening: &'static str,
    pub messages: Span,
    /// Messages said before leaving that were not read either.
    pub unread_before: u64,
}

#[derive(Clone, Copy)]
pub enum Span {
    Exactly(u64),
    /// Of this room's messages one in a hundred, but at least so many.
    AtLeast(u64),
}

const fn turn(at: u64, actor: &'static str, doing: Move) -> Turn {
    Turn { at, actor, doing }
}

const fn absence(opening: &'static str, messages: Span, unread_before: u64) -> Absence {
    Absence {
        opening,
        messages,
        unread_before,
    }
}

pub const ROOMS: usize = 8;
/// What the shares of all rooms make together.
pub const SHARES: u64 = 1_000;

/// The first has to be the room that the set-up of a server makes.
pub static STAGE: [Scene; ROOMS] = [
    Scene {
        kind: RoomKind::Open,
        name: "general",
        founder: "ada",
        openers: &["wei", "salma", "jonas", "priya", "olga", "tomas", "xiaoyu", "maria"],
        topics: &["small"],
        share: 240,
        turns: &[
            turn(40, "kwame", Move::Join),
            turn(180, "omar", Move::Join),
            turn(410, "yuki", Move::Join),
        ],
        absence: absence("away-general", Span::AtLeast(11), 0),
    },
    Scene {
        kind: RoomKind::Open,
        name: "Summer fair",
        founder: "salma",
        openers: &["ada", "jonas", "priya", "tomas", "maria", "wei"],
        topics: &["festival"],
        share: 260,
        turns: &[
            turn(60, "kwame", Move::Join),
            turn(130, "salma", Move::Rename("Garden festival")),
            turn(190, "salma", Move::Add("omar")),
            turn(420, "yuki", Move::Join),
            turn(500, "salma", Move::Remove("maria")),
            turn(501, "priya", Move::Add("maria")),
        ],
        absence: absence("away-festival", Span::AtLeast(17), 0),
    },
    Scene {
        kind: RoomKind::Open,
        name: "Kitchen table",
        founder: "priya",
        openers: &["ada", "salma", "xiaoyu", "olga", "wei"],
        topics: &["kitchen"],
        share: 150,
        turns: &[
            turn(70, "kwame", Move::Join),
            turn(200, "omar", Move::Join),
            turn(460, "priya", Move::Add("yuki")),
            turn(610, "olga", Move::Leave),
        ],
        absence: absence("", Span::Exactly(0), 3),
    },
    Scene {
        kind: RoomKind::Open,
        name: "Rust corner",
        founder: "wei",
        openers: &["ada", "jonas", "olga"],
        topics: &["rust"],
        share: 140,
        turns: &[
            turn(80, "kwame", Move::Join),
            turn(120, "tomas", Move::Join),
            turn(330, "kwame", Move::Leave),
            turn(470, "yuki", Move::Join),
            turn(640, "kwame", Move::Join),
            turn(700, "tomas", Move::Leave),
        ],
        absence: absence("away-rust", Span::AtLeast(5), 2),
    },
    Scene {
        kind: RoomKind::Open,
        name: "Football",
        founder: "tomas",
        openers: &["jonas", "maria", "olga"],
        topics: &["club"],
        share: 110,
        turns: &[
            turn(50, "kwame", Move::Join),
            turn(90, "priya", Move::Join),
            turn(220, "omar", Move::Join),
            turn(350, "tomas", Move::Rename("Book club FC")),
        ],
        absence: absence("", Span::AtLeast(9), 0),
    },
    Scene {
        kind: RoomKind::Closed,
        name: "茶馆",
        founder: "wei",
        openers: &["xiaoyu", "ada"],
        topics: &["tea"],
        share: 60,
        turns: &[turn(415, "xiaoyu", Move::Add("yuki"))],
        absence: absence("away-tea", Span::Exactly(5), 0),
    },
    Scene {
        kind: RoomKind::Direct,
        name: "",
        founder: "salma",
        openers: &["ada"],
        topics: &["pair"],
        share: 25,
        turns: &[],
        absence: absence("away-salma", Span::Exactly(3), 0),
    },
    Scene {
        kind: RoomKind::Direct,
        name: "",
        founder: "ada",
        openers: &["jonas"],
        topics: &["pair"],
        share: 15,
        turns: &[],
        absence: absence("", Span::Exactly(0), 0),
    },
];
