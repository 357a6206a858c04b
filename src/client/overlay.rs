//! What the reader did to a message and the log does not show yet.
//!
//! It lies over the row and changes nothing of it: when the command is refused it is
//! taken off, and the row is what it was. When the command is accepted it stays until
//! the log shows what was done, so that nothing flickers back in between.

use super::outbox::{Pending, PendingState};
use crate::wire::{ClientKey, Emoji, Message, Reaction, UserId};

/// Everything that lies over one message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overlay {
    /// The last text that was given to it, refused or under way.
    pub edit: Option<Pending>,
    /// It is being deleted.
    pub deleting: Option<PendingState>,
    /// Emoji put to it or taken away, in this order.
    pub reactions: Vec<PendingReaction>,
    /// Differs where something is drawn differently.
    pub stamp: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingReaction {
    pub emoji: Emoji,
    pub on: bool,
}

impl Overlay {
    /// What the message says with this over it.
    pub fn text<'a>(&'a self, message: &'a Message) -> &'a str {
        self.edit
            .as_ref()
            .map_or_else(|| message.text(), |edit| edit.body.as_str())
    }

    /// The reactions of the message with those of `me` that are under way.
    pub fn reactions(&self, message: &Message, me: UserId) -> Vec<Reaction> {
        let mut reactions = message.reactions.clone();
        for pending in &self.reactions {
            let place = reactions.iter().position(|other| other.emoji == pending.emoji);
            match place.and_then(|place| reactions.get_mut(place)) {
                Some(reaction) => {
                    reaction.users.retain(|user| *user != me);
                    if pending.on {
                        reaction.users.push(me);
                    }
                }
                None if pending.on => reactions.push(Reaction {
                    emoji: pending.emoji.clone(),
                    users: vec![me],
                }),
                None => {}
            }
        }
        reactions.retain(|reaction| !reaction.users.is_empty());
        reactions
    }

    /// One command more, in this state.
    pub(super) fn mark(&mut self, key: ClientKey, state: &PendingState) {
        let step: u64 = match state {
            PendingState::Sending => 1,
            PendingState::WaitingForNetwork => 2,
            PendingState::NotSent(_) => 3,
        };
        // Keys are random where they end.
        let random = key.as_bytes().last_chunk().map_or(0, |end| u64::from_le_bytes(*end));
        self.stamp = self.stamp.rotate_left(8) ^ random.wrapping_mul(step * 2 + 1);
    }
}
