//! Messages and the parsing of what people write.

use super::{
    ids::{ClientKey, Millis, Ordinal, Seq, UserId},
    limits::BODY_MAX_BYTES,
    person::{has_mark_tower, is_invisible},
    problem::Problem,
    reaction::Reaction,
};
use serde::{Deserialize, Serialize};

/// The present state of a message. It is named by its room and `ordinal`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub ordinal: Ordinal,
    /// The entry that created it; its place among joins and leaves.
    pub seq: Seq,
    /// The entry that changed it last. An entry at or below it says nothing new.
    pub revision: Seq,
    pub author: UserId,
    pub client_key: ClientKey,
    pub at: Millis,
    /// What it says now; none once it is deleted.
    pub body: Option<Body>,
    /// Who was mentioned by the first version and by every one since; nobody once it is deleted.
    pub mentions: Vec<UserId>,
    /// When its text was changed last.
    pub edited_at: Option<Millis>,
    /// In the order in which each emoji was first put to it.
    pub reactions: Vec<Reaction>,
}

/// Names a message to a command. The number finds it, the key proves that it is the one
/// that was meant: after a restore another one may have its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Target {
    pub ordinal: Ordinal,
    pub key: ClientKey,
}

impl Message {
    pub fn target(&self) -> Target {
        Target {
            ordinal: self.ordinal,
            key: self.client_key,
        }
    }

    /// Its text; nothing once it is deleted.
    pub fn text(&self) -> &str {
        self.body.as_ref().map_or("", Body::as_str)
    }

    pub fn is_deleted(&self) -> bool {
        self.body.is_none()
    }
}

/// What a person wrote, valid because it exists: not blank, at most
/// [`BODY_MAX_BYTES`], no NUL, line ends as `\n`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Body(String);

impl Body {
    /// Direction overrides are kept: they are legitimate in mixed text, and
    /// screens isolate each body. Towers of combining marks are not.
    ///
    /// # Errors
    /// `BodyEmpty`, `BodyTooLong` or `BodyUnreadable`.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        Self::parse_within(text, BODY_MAX_BYTES)
    }

    /// [`Body::parse`] with the bound an operator chose.
    ///
    /// # Errors
    /// As `parse`.
    pub fn parse_within(text: &str, max_bytes: u32) -> Result<Self, Problem> {
        // A form sends line ends as CR LF; a body has one spelling.
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let text = text.trim_end();
        if text.len() as u64 > u64::from(max_bytes) {
            return Err(Problem::BodyTooLong { max_bytes });
        }
        if text.contains('\0') {
            return Err(Problem::BodyUnreadable);
        }
        if text.chars().all(is_invisible) {
            return Err(Problem::BodyEmpty);
        }
        if has_mark_tower(text) {
            return Err(Problem::BodyUnreadable);
        }
        Ok(Self(text.to_owned()))
    }

    /// A body that was parsed before it was stored.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}
