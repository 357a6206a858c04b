//! Refusals that a person or a tab can act on.

use super::ids::{Millis, Ordinal};
use serde::{Deserialize, Serialize};

/// Why something was refused. Nothing was changed and nothing is lost.
///
/// Variants are only ever added at the end: their order is on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Problem {
    /// Not there, not yours, or no longer yours: from outside these are one.
    #[error("there is nothing here for you")]
    Gone,
    #[error("sign in first")]
    SignedOut,
    #[error("your role does not allow this")]
    NotAllowed,
    #[error("write something first")]
    BodyEmpty,
    #[error("the text is longer than {max_bytes} bytes")]
    BodyTooLong { max_bytes: u32 },
    #[error("the text holds characters that cannot be stored or shown")]
    BodyUnreadable,
    /// The key was used for something else; that stays, and you keep your text.
    #[error("this was sent before with another text")]
    KeyReused,
    #[error("too fast: wait {} ms", retry_after.0)]
    TooFast { retry_after: Millis },
    #[error("a name needs at least one visible character")]
    NameEmpty,
    #[error("the name is longer than {max_chars} characters")]
    NameTooLong { max_chars: u32 },
    #[error("the name holds characters that cannot be shown")]
    NameUnreadable,
    #[error("the name is taken")]
    NameTaken,
    #[error("a username has 2 to 32 letters, digits, '-', '_' or '.'")]
    UsernameUnreadable,
    #[error("the username is taken")]
    UsernameTaken,
    #[error("a password has at least {min_chars} characters")]
    PasswordTooShort { min_chars: u32 },
    #[error("the password is too long")]
    PasswordTooLong,
    #[error("username or password is wrong")]
    WrongPassword,
    #[error("set-up was done before")]
    AlreadySetUp,
    #[error("this link is used up, expired or was never made")]
    InviteGone,
    #[error("the limit of {max} is reached")]
    TooMany { max: u32 },
    /// An edit was made from an older revision; you keep your text.
    #[error("the message {0} has changed since")]
    Outdated(Ordinal),
    #[error("this cannot be read")]
    Malformed,
    /// A newer program sent something this one does not know.
    #[error("needs a newer version")]
    Unknown,
    /// The server could not do it now; the command may be sent again with its key.
    #[error("the server could not do this now")]
    Unavailable,
    #[error("the message was deleted")]
    MessageDeleted,
    #[error("this is not an emoji")]
    EmojiUnreadable,
}
