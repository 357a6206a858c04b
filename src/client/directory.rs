//! People, as far as the directory log is known.

use super::sorted::Sorted;
use crate::wire::{DirectorySeq, Person, UserId};

#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Directory {
    pub cursor: DirectorySeq,
    pub known: DirectorySeq,
    people: Sorted<UserId, Person>,
}

impl Directory {
    /// The value with the greater seq stays. True if it is this one, and new.
    pub fn take(&mut self, person: &Person) -> bool {
        match self.people.get_mut(person.user) {
            Some(held) if held.dseq >= person.dseq => return false,
            Some(held) => held.clone_from(person),
            None => {
                self.people.insert(person.user, person.clone());
            }
        }
        true
    }

    /// A live value. Its seq says nothing of those before it that others may have
    /// and we do not, so the cursor follows only where nothing is asked for.
    pub fn hear(&mut self, person: &Person, is_welcomed: bool) -> bool {
        if is_welcomed && self.cursor >= self.known {
            self.cursor = self.cursor.max(person.dseq);
        }
        self.known = self.known.max(person.dseq);
        self.take(person)
    }

    pub fn caught_up(&mut self, to: DirectorySeq) {
        self.cursor = self.cursor.max(to);
        self.known = self.known.max(self.cursor);
    }

    pub fn stands_at(&mut self, head: DirectorySeq) {
        if head < self.cursor {
            *self = Self::default();
        }
        self.known = self.known.max(head);
    }

    /// The log goes at least so far.
    pub fn knows(&mut self, head: DirectorySeq) {
        self.known = self.known.max(head);
    }

    pub fn is_behind(&self) -> bool {
        self.cursor < self.known
    }

    pub fn find(&self, user: UserId) -> Option<&Person> {
        self.people.get(user)
    }

    pub fn find_by_username(&self, username: &str) -> Option<&Person> {
        self.people.values().find(|person| person.username == username)
    }

    pub fn people(&self) -> impl Iterator<Item = &Person> {
        self.people.values()
    }
}
