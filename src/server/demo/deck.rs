//! The conversations of one room, laid so that none comes back soon.

use super::{
    cast::{CAST, PEOPLE},
    corpus::{Corpus, Thread},
    dice::Dice,
    stage::Scene,
};

/// Who can talk now.
pub type Present = [bool; PEOPLE];

pub struct Deck<'c> {
    /// The longest unheard first.
    threads: Vec<&'c Thread>,
}

impl<'c> Deck<'c> {
    pub fn new(corpus: &'c Corpus, scene: &Scene, dice: &mut Dice) -> Self {
        let mut threads: Vec<_> = of_topics(corpus, scene.topics).collect();
        for last in (1..threads.len()).rev() {
            threads.swap(last, dice.place(last + 1));
        }
        Self { threads }
    }

    /// A conversation that those present can have, with who takes which role; from
    /// the oldest quarter if any of it fits. None if they have nothing to talk about.
    pub fn draw(&mut self, present: &Present, dice: &mut Dice) -> Option<(&'c Thread, Vec<usize>)> {
        let length = self.threads.len();
        let first = dice.place(length / 4);
        for place in (first..length).chain(0..first) {
            let thread = self.threads[place];
            if let Some(cast) = cast(thread, present, dice) {
                let thread = self.threads.remove(place);
                self.threads.push(thread);
                return Some((thread, cast));
            }
        }
        None
    }
}

pub fn of_topics<'c>(corpus: &'c Corpus, topics: &[&str]) -> impl Iterator<Item = &'c Thread> {
    let found = |thread: &&Thread| topics.contains(&thread.topic);
    corpus.threads.iter().filter(found)
}

/// A person for each role, talkative ones more often, if enough speak the language.
pub fn cast(thread: &Thread, present: &Present, dice: &mut Dice) -> Option<Vec<usize>> {
    let mut talk: Vec<u64> = (0..PEOPLE)
        .map(|person| match &CAST[person] {
            player if present[person] && player.speaks.contains(&thread.language) => player.talk,
            _ => 0,
        })
        .collect();
    if talk.iter().filter(|talk| **talk > 0).count() < thread.roles {
        return None;
    }
    let mut cast = Vec::with_capacity(thread.roles);
    for _ in 0..thread.roles {
        let person = dice.weighed(&talk);
        talk[person] = 0;
        cast.push(person);
    }
    Some(cast)
}
