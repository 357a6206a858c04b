//! Saying something.

use crate::{
    server::{
        app::App,
        error::{Error, Result},
        memberships,
        sessions::Signed,
        writer::{self, ReadySend},
    },
    wire::{Body, Problem, command, event::Accepted},
};

/// Stores a message once per client key and answers when it is stored. It moves no
/// read marker: an outbox that leaves after days must not hide what was missed.
///
/// # Errors
/// The body's own problems; `Gone`; `KeyReused`; `SignedOut`.
pub async fn send(app: &App, who: &Signed, command: &command::Send) -> Result<Accepted> {
    let body = Body::parse_within(&command.body, app.limits.body_max_bytes)?;
    let wish = ReadySend::wish(who, command.client_key, command.room, &body);
    let mut read = app.store.connection().await?;
    let member = match memberships::access(&mut read, who, command.room).await {
        Ok(member) => member,
        // Who has left since sent it all the same, if they did.
        Err(Error::Problem(Problem::Gone)) => {
            let first = writer::find_first_answer(&mut read, &wish).await?;
            return first.ok_or(Error::Problem(Problem::Gone));
        }
        Err(error) => return Err(error),
    };
    // Given back before the wait: commits take longer than reads.
    drop(read);
    app.writer.send(ReadySend::new(&member, command.client_key, body)).await
}
