//! What is said to one tab: frames as they become ready, pings, and the last word.

use super::{
    CLOSE_WITHIN_MS, FRAMES_PER_FLUSH, LONG_FRAME_BYTES, PING_EVERY_MS, WRITE_WITHIN_MS, within, woken::WhenWoken,
};
use crate::{
    server::{
        clock::Ambience,
        hub::{Ending, Next, Outlet},
    },
    wire::Millis,
};
use axum::{
    body::Bytes,
    extract::ws::{CloseFrame, Message},
};
use futures_util::{Sink, SinkExt, Stream, StreamExt, future::BoxFuture};

/// The end of a wire that takes what is said. A WebSocket's half is one; a test's wire,
/// on which every frame is given and taken by hand, is another.
pub trait Mouth: Sink<Message, Error = axum::Error> + Unpin + Send {}
impl<T: Sink<Message, Error = axum::Error> + Unpin + Send> Mouth for T {}

/// The end of a wire that gives what was said on the other side.
pub trait Ear: Stream<Item = Result<Message, axum::Error>> + Unpin + Send {}
impl<T: Stream<Item = Result<Message, axum::Error>> + Unpin + Send> Ear for T {}

/// Passes on what is queued until the queue says how it ends. Whatever is ready goes
/// out with one flush; a lone frame waits for no other.
pub async fn pass_on(ambience: &Ambience, outlet: &Outlet, sink: &mut impl Mouth) -> Ending {
    // Kept between rounds: setting one costs more than taking a frame.
    let mut ping = next_ping(ambience);
    loop {
        let ping_is_due = tokio::select! {
            biased;
            // Also while there is much to say: a tab that only listens is heard by its pongs.
            () = &mut ping => true,
            () = outlet.ready() => false,
        };
        let round = async {
            if ping_is_due {
                sink.send(Message::Ping(Bytes::new())).await?;
            }
            write_ready(outlet, sink).await
        };
        let written = tokio::select! {
            biased;
            written = within(ambience, WRITE_WITHIN_MS, round) => written,
            // A reader that is stuck must not keep a connection that is to end at once.
            () = outlet.cut_off() => Some(Ok(None)),
        };
        match (outlet.cut_by(), written) {
            (Some(ending), _) | (None, Some(Ok(Some(ending)))) => return ending,
            (None, Some(Ok(None))) => {}
            (None, Some(Err(_)) | None) => return Ending::Lost,
        }
        if ping_is_due {
            ping = next_ping(ambience);
        }
    }
}

fn next_ping(ambience: &Ambience) -> WhenWoken<BoxFuture<'_, ()>> {
    let at = Millis(ambience.now().0 + PING_EVERY_MS);
    WhenWoken::new(ambience.clock.sleep_until(at))
}

async fn write_ready(outlet: &Outlet, sink: &mut impl Mouth) -> Result<Option<Ending>, axum::Error> {
    for _ in 0..FRAMES_PER_FLUSH {
        match outlet.next() {
            Next::Frame(frame) => {
                let is_long = frame.len() > LONG_FRAME_BYTES;
                sink.feed(Message::Binary(frame)).await?;
                if is_long {
                    sink.flush().await?;
                }
            }
            Next::End(ending) => return Ok(Some(ending)),
            Next::Wait => break,
        }
    }
    sink.flush().await?;
    Ok(None)
}

/// Writes these frames now, before anything that is queued.
pub async fn say(ambience: &Ambience, sink: &mut impl Mouth, frames: Vec<Bytes>) -> Result<(), Ending> {
    let said = within(ambience, WRITE_WITHIN_MS, async {
        for frame in frames {
            sink.feed(Message::Binary(frame)).await?;
        }
        sink.flush().await
    });
    match said.await {
        Some(Ok(())) => Ok(()),
        Some(Err(_)) | None => Err(Ending::Lost),
    }
}

/// Says why it ends and waits a moment for the other side to have read it: a wire that
/// is dropped with bytes unread takes the last word along.
pub async fn close(ambience: &Ambience, mut sink: impl Mouth, mut stream: impl Ear, ending: Ending) {
    let Some((code, reason)) = ending.code() else {
        return;
    };
    let last = Message::Close(Some(CloseFrame {
        code,
        reason: reason.into(),
    }));
    let closing = async {
        if sink.send(last).await.is_ok() {
            while let Some(Ok(_)) = stream.next().await {}
        }
    };
    within(ambience, CLOSE_WITHIN_MS, closing).await;
}
