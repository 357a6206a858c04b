//! The conversations of the demo, read from their files.
//!
//! A file holds conversations: `== topic language`, then lines `a: text` where the
//! letter is a role; `| text` continues a message on a new line. In a text `@b`
//! mentions the one in role b, `~b` says their short name, `@you` mentions the one
//! who signs in, and `%word` is drawn from a list of `words.txt`.

use super::{
    cast::{CAST, Language, YOU},
    dice::Dice,
    error::{FillError, Result},
};

const WORDS: &str = include_str!("corpus/words.txt");
const FILES: [(&str, &str); 7] = [
    ("small.txt", include_str!("corpus/small.txt")),
    ("festival.txt", include_str!("corpus/festival.txt")),
    ("kitchen.txt", include_str!("corpus/kitchen.txt")),
    ("rust.txt", include_str!("corpus/rust.txt")),
    ("club.txt", include_str!("corpus/club.txt")),
    ("tea.txt", include_str!("corpus/tea.txt")),
    ("pair.txt", include_str!("corpus/pair.txt")),
];

pub struct Corpus {
    words: Vec<(&'static str, Vec<&'static str>)>,
    pub threads: Vec<Thread>,
}

/// A conversation, not yet between anybody.
pub struct Thread {
    pub topic: &'static str,
    pub language: Language,
    /// How many people it takes.
    pub roles: usize,
    pub lines: Vec<Line>,
}

pub struct Line {
    pub role: usize,
    pieces: Vec<Piece>,
}

enum Piece {
    Text(String),
    /// The n-th different word of a list.
    Word {
        list: usize,
        nth: u8,
    },
    Mention(usize),
    MentionYou,
    Name(usize),
}

impl Corpus {
    /// # Errors
    /// A file that is not written as said above, with its line.
    pub fn read() -> Result<Self> {
        let mut corpus = Self {
            words: words(),
            threads: Vec::new(),
        };
        for (file, text) in FILES {
            for (number, line) in (1..).zip(text.lines()) {
                corpus.read_line(line).ok_or(FillError::Corpus { file, line: number })?;
            }
        }
        Ok(corpus)
    }

    fn read_line(&mut self, text: &'static str) -> Option<()> {
        if text.is_empty() {
            return Some(());
        }
        if let Some(head) = text.strip_prefix("== ") {
            let (topic, language) = head.split_once(' ')?;
            self.threads.push(Thread {
                topic,
                language,
                roles: 0,
                lines: Vec::new(),
            });
            return Some(());
        }
        if let Some(more) = text.strip_prefix('|') {
            let mut pieces = self.pieces(more.strip_prefix(' ').unwrap_or(more))?;
            let line = self.threads.last_mut()?.lines.last_mut()?;
            line.pieces.push(Piece::Text("\n".to_owned()));
            line.pieces.append(&mut pieces);
            return Some(());
        }
        let (role, text) = text.split_once(": ")?;
        let role = find_role(role)?;
        let pieces = self.pieces(text)?;
        let thread = self.threads.last_mut()?;
        thread.roles = thread.roles.max(role + 1);
        thread.lines.push(Line { role, pieces });
        Some(())
    }

    fn pieces(&self, text: &str) -> Option<Vec<Piece>> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(sign) = rest.find(['%', '@', '~']) {
            let (before, marked) = rest.split_at(sign);
            let (name, after) = split_name(&marked[1..]);
            let piece = match &marked[..1] {
                "%" => self.word(name)?,
                "@" if name == "you" => Piece::MentionYou,
                "@" => Piece::Mention(find_role(name)?),
                _ => Piece::Name(find_role(name)?),
            };
            pieces.push(Piece::Text(before.to_owned()));
            pieces.push(piece);
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Some(pieces)
    }

    fn word(&self, name: &str) -> Option<Piece> {
        let list = name.trim_end_matches(|c: char| c.is_ascii_digit());
        let nth = name[list.len()..].parse().unwrap_or(1);
        let list = self.words.iter().position(|(name, _)| *name == list)?;
        Some(Piece::Word { list, nth })
    }
}

/// A conversation between people, with its words chosen as they come up.
pub struct Telling<'c> {
    corpus: &'c Corpus,
    cast: Vec<usize>,
    chosen: Vec<(usize, u8, &'static str)>,
}

/// What one of them says.
pub struct Said {
    pub author: usize,
    pub body: String,
    /// Each person once.
    pub mentions: Vec<usize>,
}

impl<'c> Telling<'c> {
    /// `cast` has a person for each role.
    pub fn new(corpus: &'c Corpus, cast: Vec<usize>) -> Self {
        Self {
            corpus,
            cast,
            chosen: Vec::new(),
        }
    }

    pub fn say(&mut self, line: &Line, dice: &mut Dice) -> Said {
        let mut said = Said {
            author: self.cast[line.role],
            body: String::new(),
            mentions: Vec::new(),
        };
        for piece in &line.pieces {
            match piece {
                Piece::Text(text) => said.body.push_str(text),
                Piece::Word { list, nth } => said.body.push_str(self.choose(*list, *nth, dice)),
                Piece::Mention(role) => mention(&mut said, self.cast[*role]),
                Piece::MentionYou => mention(&mut said, YOU),
                Piece::Name(role) => said.body.push_str(CAST[self.cast[*role]].short),
            }
        }
        said
    }

    fn choose(&mut self, list: usize, nth: u8, dice: &mut Dice) -> &'static str {
        let chosen = self.chosen.iter().find(|(l, n, _)| (*l, *n) == (list, nth));
        if let Some((_, _, word)) = chosen {
            return word;
        }
        let words = &self.corpus.words[list].1;
        let first = dice.place(words.len());
        // The second of a list differs from the first; lists are longer than conversations need.
        let word = (0..words.len())
            .map(|step| words[(first + step) % words.len()])
            .find(|word| !self.chosen.iter().any(|(l, _, taken)| *l == list && taken == word))
            .unwrap_or_default();
        self.chosen.push((list, nth, word));
        word
    }
}

fn mention(said: &mut Said, person: usize) {
    said.body.push('@');
    said.body.push_str(CAST[person].username);
    if !said.mentions.contains(&person) {
        said.mentions.push(person);
    }
}

fn words() -> Vec<(&'static str, Vec<&'static str>)> {
    WORDS
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(": "))
        .map(|(name, words)| (name, words.split("; ").collect()))
        .collect()
}

/// Letters and a digit in front of a text, and what follows.
fn split_name(text: &str) -> (&str, &str) {
    let end = text
        .find(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit())
        .unwrap_or(text.len());
    text.split_at(end)
}

fn find_role(name: &str) -> Option<usize> {
    ["a", "b", "c", "d"].iter().position(|role| *role == name)
}
