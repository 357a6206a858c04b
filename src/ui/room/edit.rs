//! A message that is being written anew, in the field where one writes.

use crate::wire::{Message, Ordinal, Problem, RoomId, Seq, Target};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Editing {
    pub room: RoomId,
    /// The row, which is marked meanwhile and gets the focus back.
    pub seq: Seq,
    pub target: Target,
    /// What the text was made from.
    pub revision: Seq,
    /// What the field begins with.
    pub text: String,
    /// Why it is in the field again.
    pub problem: Option<Problem>,
    /// It began at the row, and not in the field.
    pub from_row: bool,
}

impl Editing {
    pub fn of(room: RoomId, message: &Message, text: String) -> Self {
        Self {
            room,
            seq: message.seq,
            target: message.target(),
            revision: message.revision,
            text,
            problem: None,
            from_row: false,
        }
    }

    /// As it is kept over the load of a page, with what the field says now.
    pub fn to_text(&self, typed: &str) -> String {
        let Target { ordinal, key } = self.target;
        let head = [
            self.seq.to_string(),
            self.revision.to_string(),
            ordinal.to_string(),
            key.to_string(),
        ];
        [&head.join(" "), "\n", typed].concat()
    }

    /// What [`Editing::to_text`] wrote; none for anything else.
    pub fn from_text(room: RoomId, text: &str) -> Option<Self> {
        let (head, text) = text.split_once('\n')?;
        let mut words = head.split(' ');
        let mut number = || words.next()?.parse().ok();
        let (seq, revision, ordinal) = (number()?, number()?, number()?);
        Some(Self {
            room,
            seq: Seq(seq),
            revision: Seq(revision),
            target: Target {
                ordinal: Ordinal(ordinal),
                key: words.next()?.parse().ok()?,
            },
            text: text.to_owned(),
            problem: None,
            from_row: false,
        })
    }
}

/// Where a room's is kept.
pub fn kept_at(room: RoomId) -> String {
    ["edit ", &room.to_string()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::ClientKey;

    #[test]
    fn what_is_being_edited_survives_a_reload_with_its_text() {
        let room = RoomId::from_bytes([3; 16]);
        let editing = Editing {
            room,
            seq: Seq(9),
            target: Target {
                ordinal: Ordinal(7),
                key: ClientKey::from_bytes([5; 16]),
            },
            revision: Seq(12),
            text: "two\nlines".to_owned(),
            problem: None,
            from_row: false,
        };
        let kept = editing.to_text(&editing.text);
        assert_eq!(Editing::from_text(room, &kept), Some(editing));
        for text in ["", "\n", "1 2 3\nx", "1 2 3 key\nx"] {
            assert_eq!(Editing::from_text(room, text), None, "{text:?}");
        }
    }
}
