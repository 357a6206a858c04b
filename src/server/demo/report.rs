//! What was made, and how to meet it.

use super::cast::{CAST, YOU};
use std::fmt;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub people: u64,
    pub rooms: u64,
    pub messages: u64,
    /// All entries of all rooms: messages, joins, leaves, names.
    pub entries: u64,
    /// Whom to sign in as.
    pub username: &'static str,
    pub password: &'static str,
    /// What waits for them.
    pub unread: u64,
    pub mentions: u64,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} people, {} rooms, {} messages.",
            self.people, self.rooms, self.messages
        )?;
        writeln!(
            f,
            "Sign in as \"{}\" with the password \"{}\": {} unread messages, {} mentions.",
            self.username, self.password, self.unread, self.mentions
        )?;
        let others = CAST.iter().enumerate().filter(|(place, _)| *place != YOU);
        let others: Vec<_> = others.map(|(_, player)| player.username).collect();
        write!(f, "The others have the same password: {}.", others.join(", "))
    }
}
