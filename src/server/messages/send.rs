//! Saying something.

use crate::{
    server::{
        app::App,
        error::Result,
        sessions::Signed,
        writer::{ReadySend, Sent},
    },
    wire::{Body, command},
};

/// Stores a message once per client key and answers when it is stored. It moves no
/// read marker: an outbox that leaves after days must not hide what was missed.
///
/// Whether its author is in the room is asked once, by the batch that stores it: a look
/// before that would decide nothing, and costs as much as the storing.
///
/// # Errors
/// The body's own problems; `Gone`; `KeyReused`; `SignedOut`.
pub async fn send(app: &App, who: &Signed, command: &command::Send) -> Result<Sent> {
    let body = Body::parse_within(&command.body, app.limits.body_max_bytes)?;
    let send = ReadySend::new(who, command.client_key, command.room, body);
    app.writer.send(send).await
}
