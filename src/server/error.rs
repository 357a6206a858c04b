//! Two kinds of error: a problem (a refusal, told to whom it concerns) and a fault
//! (ours, logged once at the door with its whole chain and a request id).

use crate::wire::Problem;
use std::error::Error as StdError;

#[derive(Debug)]
pub enum Error {
    Problem(Problem),
    Fault(Fault),
}

/// Something that should not have happened, with its cause.
#[derive(Debug, thiserror::Error)]
#[error("{doing}")]
pub struct Fault {
    /// What was being done, in words that hold no data.
    pub doing: &'static str,
    #[source]
    pub source: Box<dyn StdError + Send + Sync>,
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub fn fault(doing: &'static str, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Fault(Fault {
            doing,
            source: source.into(),
        })
    }

    /// What happened, for the log.
    pub fn chain(&self) -> String {
        match self {
            Self::Problem(problem) => problem.to_string(),
            Self::Fault(fault) => fault.chain(),
        }
    }

    /// What is said to the other side: a fault is "unavailable" and no more.
    pub fn told(&self) -> Problem {
        match self {
            Self::Problem(problem) => problem.clone(),
            Self::Fault(_) => Problem::Unavailable,
        }
    }

    /// [`Error::told`], after logging a fault: for doors, so that it is logged once.
    /// The request's span adds its id.
    pub fn report(self) -> Problem {
        if let Self::Fault(fault) = &self {
            tracing::error!(fault = fault.chain(), "a request failed");
        }
        self.told()
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<sqlx::Error> for Error {
    fn from(source: sqlx::Error) -> Self {
        Self::fault("talking to the store", source)
    }
}

impl Fault {
    /// The whole chain in one line, for the log.
    pub fn chain(&self) -> String {
        let mut text = self.doing.to_owned();
        let mut cause: Option<&(dyn StdError + 'static)> = Some(self.source.as_ref());
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }
}
