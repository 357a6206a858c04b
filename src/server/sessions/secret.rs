//! Random codes that open something, and passwords. Neither prints.

use crate::{
    server::clock::Ambience,
    wire::{
        Problem,
        limits::{PASSWORD_MAX_BYTES, PASSWORD_MIN_CHARS},
        person::is_invisible,
    },
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::Digest;
use std::fmt;

/// What the store keeps of a code. A fast hash is enough: nobody guesses the random
/// bits behind it.
pub type CodeHash = [u8; 32];

/// `N` random bytes that only their holder knows.
#[derive(Clone, PartialEq, Eq)]
pub struct Code<const N: usize>([u8; N]);

/// Held by a signed-in browser.
pub type Token = Code<32>;
/// Stands in a link: an invite, or one that sets a new password.
pub type LinkCode = Code<16>;

impl<const N: usize> Code<N> {
    pub fn draw(ambience: &Ambience) -> Self {
        Self(ambience.random())
    }

    /// Reads what [`Code::reveal`] wrote, and nothing else.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; N];
        let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        (length == N).then_some(Self(bytes))
    }

    /// The code as text, for the one place that hands it out.
    pub fn reveal(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    pub fn hash(&self) -> CodeHash {
        sha2::Sha256::digest(self.0).into()
    }
}

impl<const N: usize> fmt::Debug for Code<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Code<{N}>")
    }
}

/// A new password, long enough and not too long because it exists.
#[derive(Clone)]
pub struct Password(String);

impl Password {
    /// # Errors
    /// `PasswordTooShort` or `PasswordTooLong`.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let chars = text.chars().count() as u64;
        // A row of blanks is the first thing that is guessed.
        if chars < u64::from(PASSWORD_MIN_CHARS) || text.chars().all(is_invisible) {
            return Err(Problem::PasswordTooShort {
                min_chars: PASSWORD_MIN_CHARS,
            });
        }
        Self::tried(text).ok_or(Problem::PasswordTooLong)
    }

    /// What somebody typed to get in: any text that is not too long to be hashed.
    pub fn tried(text: &str) -> Option<Self> {
        (text.len() as u64 <= u64::from(PASSWORD_MAX_BYTES)).then(|| Self(text.to_owned()))
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}
