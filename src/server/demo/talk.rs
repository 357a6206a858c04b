//! What the people of one room say next, so that it does not repeat itself.

use super::{
    corpus::{Corpus, Said, Telling, Thread},
    deck::{self, Deck, Present},
    dice::Dice,
    stage::Scene,
};
use std::{
    collections::VecDeque,
    hash::{DefaultHasher, Hash, Hasher},
};

/// No line is said again before so many others: more than a tall screen shows.
pub const UNLIKE_MESSAGES: usize = 60;
/// Conversations tried for a line that was not said lately, before one is said again.
const TRIES_MAX: u32 = 64;

pub struct Talk<'c> {
    corpus: &'c Corpus,
    deck: Deck<'c>,
    /// Hashes of what was said last.
    lately: VecDeque<u64>,
}

impl<'c> Talk<'c> {
    pub fn new(corpus: &'c Corpus, scene: &Scene, dice: &mut Dice) -> Self {
        Self {
            corpus,
            deck: Deck::new(corpus, scene, dice),
            lately: VecDeque::with_capacity(UNLIKE_MESSAGES),
        }
    }

    /// One given conversation, at most `max` messages of it, if those present can have it.
    pub fn tell(&mut self, thread: &Thread, present: &Present, max: u64, dice: &mut Dice) -> Option<Vec<Said>> {
        let cast = deck::cast(thread, present, dice)?;
        Some(self.fresh(thread, cast, max, dice))
    }

    /// A conversation of at least one and at most `max` messages; none if those
    /// present have nothing to talk about.
    pub fn converse(&mut self, present: &Present, max: u64, dice: &mut Dice) -> Option<Vec<Said>> {
        for _ in 0..TRIES_MAX {
            let (thread, cast) = self.deck.draw(present, dice)?;
            let said = self.fresh(thread, cast, max, dice);
            if !said.is_empty() {
                return Some(said);
            }
        }
        self.lately.clear();
        let (thread, cast) = self.deck.draw(present, dice)?;
        Some(self.fresh(thread, cast, max, dice))
    }

    /// The lines of a conversation that were not said lately.
    fn fresh(&mut self, thread: &Thread, cast: Vec<usize>, max: u64, dice: &mut Dice) -> Vec<Said> {
        let mut telling = Telling::new(self.corpus, cast);
        let mut fresh = Vec::with_capacity(thread.lines.len());
        for line in &thread.lines {
            let said = telling.say(line, dice);
            if fresh.len() as u64 == max {
                break;
            }
            if self.remember(&said.body) {
                fresh.push(said);
            }
        }
        fresh
    }

    /// False if it was said lately.
    fn remember(&mut self, body: &str) -> bool {
        let mut hasher = DefaultHasher::new();
        body.hash(&mut hasher);
        let hash = hasher.finish();
        if self.lately.contains(&hash) {
            return false;
        }
        if self.lately.len() == UNLIKE_MESSAGES {
            self.lately.pop_front();
        }
        self.lately.push_back(hash);
        true
    }
}
