//! The twelve people of the demo. One of them is who one signs in as.

use crate::wire::membership::ServerRole;

/// A language of the corpus, by its two letters.
pub type Language = &'static str;

pub struct Player {
    pub username: &'static str,
    pub name: &'static str,
    /// What friends say.
    pub short: &'static str,
    pub hue: u8,
    pub role: ServerRole,
    pub speaks: &'static [Language],
    /// How often this one talks, beside the others.
    pub talk: u64,
}

/// Place of the one to sign in as: the owner, who was away.
pub const YOU: usize = 0;

pub const PEOPLE: usize = 12;

const fn player(
    username: &'static str,
    name: &'static str,
    short: &'static str,
    hue: u8,
    speaks: &'static [Language],
    talk: u64,
) -> Player {
    Player {
        username,
        name,
        short,
        hue,
        role: ServerRole::Member,
        speaks,
        talk,
    }
}

pub static CAST: [Player; PEOPLE] = [
    Player {
        role: ServerRole::Owner,
        ..player("ada", "Ada Lindqvist", "Ada", 14, &["en", "de", "ar", "zh"], 9)
    },
    Player {
        role: ServerRole::Admin,
        ..player("wei", "陈伟", "阿伟", 3, &["en", "zh"], 8)
    },
    player("salma", "سلمى حداد", "Salma", 20, &["en", "ar"], 8),
    player("jonas", "Jonas Weber", "Jonas", 7, &["en", "de", "pt"], 7),
    player("priya", "Priya Raman", "Priya", 1, &["en"], 7),
    player("olga", "Ольга Петрова", "Оля", 17, &["en", "ru", "de"], 5),
    player("tomas", "Tomás Oliveira", "Tomás", 10, &["en", "pt"], 6),
    player("xiaoyu", "林小雨", "小雨", 22, &["en", "zh", "ja"], 6),
    player("omar", "عمر الخطيب", "Omar", 5, &["en", "ar"], 5),
    player("maria", "Μαρία Παππά", "Μαρία", 12, &["en", "ru"], 4),
    player("kwame", "Kwame Mensah", "Kwame", 16, &["en", "pt"], 6),
    player("yuki", "佐藤 ゆき", "Yuki", 19, &["en", "ja", "zh"], 4),
];

/// The place of a username in the cast.
pub fn find(username: &str) -> Option<usize> {
    CAST.iter().position(|player| player.username == username)
}
