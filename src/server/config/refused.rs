//! Why a server does not start: what is wrong, where, and what would be right.

/// One setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("{place}: [{section}] {key} = {value} — right would be: {right}")]
    Wrong {
        place: String,
        section: String,
        key: String,
        value: String,
        right: String,
    },
    #[error("{place}: [{section}] {key} = {value} — there is no such setting; right would be: {right}")]
    Unknown {
        place: String,
        section: String,
        key: String,
        value: String,
        right: String,
    },
    #[error("{place}: {problem} — right would be: {right}")]
    Unreadable {
        place: String,
        problem: String,
        right: String,
    },
}
