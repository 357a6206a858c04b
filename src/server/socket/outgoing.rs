//! What is said to one tab: frames as they become ready, pings, and the last word.

use super::{
    CLOSE_WITHIN_MS, FRAMES_PER_FLUSH, LONG_FRAME_BYTES, PING_EVERY_MS, Progress, STUCK_LOOK_MS, STUCK_MAX_MS,
    WELCOME_WITHIN_MS, within, woken::WhenWoken,
};
use crate::{
    server::{
        clock::Ambience,
        hub::{Ending, Next, Subscription, WRITE_MAX_BYTES},
    },
    wire::Millis,
};
use axum::{
    body::Bytes,
    extract::ws::{CloseFrame, Message},
};
use futures_util::{Sink, SinkExt, Stream, StreamExt, future::BoxFuture};
use std::{
    future::Future,
    pin::{Pin, pin},
    task::Poll,
};

/// The end of a wire that takes what is said. A WebSocket's half is one; a test's wire,
/// on which every frame is given and taken by hand, is another.
pub trait Mouth: Sink<Message, Error = axum::Error> + Unpin + Send {}
impl<T: Sink<Message, Error = axum::Error> + Unpin + Send> Mouth for T {}

/// The end of a wire that gives what was said on the other side.
pub trait Ear: Stream<Item = Result<Message, axum::Error>> + Unpin + Send {}
impl<T: Stream<Item = Result<Message, axum::Error>> + Unpin + Send> Ear for T {}

/// Sends what the subscription gives until it says how it ends. Whatever is ready goes
/// out with one flush; a lone frame waits for no other.
pub async fn pass_on(
    ambience: &Ambience,
    subscription: &Subscription,
    progress: &Progress,
    sink: &mut impl Mouth,
) -> Ending {
    // Kept between rounds: setting one costs more than taking a frame.
    let mut ping = next_ping(ambience);
    loop {
        let ping_is_due = tokio::select! {
            biased;
            // Also while there is much to say: a tab that only listens is heard by its pongs.
            () = &mut ping => true,
            () = subscription.ready() => false,
        };
        // Pinned where it is: moved into what waits for it, it would take its place twice.
        let round = pin!(async {
            if ping_is_due {
                sink.send(Message::Ping(Bytes::new())).await?;
            }
            write_ready(subscription, sink).await
        });
        let written = tokio::select! {
            biased;
            written = unless_stuck(ambience, progress, round) => written,
            // A reader that is stuck must not keep a connection that is to end at once.
            () = subscription.cut_off() => Some(Ok(None)),
        };
        match (subscription.cut_by(), written) {
            (Some(ending), _) | (None, Some(Ok(Some(ending)))) => return ending,
            (None, Some(Ok(None))) => {}
            (None, Some(Err(_))) => return Ending::Lost,
            (None, None) => return Ending::Resync,
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

/// What the round comes to; none if the socket takes no byte of it for too long. However
/// much waits, and however long the round lasts, a reader that gets on with it is not slow.
async fn unless_stuck<T>(
    ambience: &Ambience,
    progress: &Progress,
    mut round: Pin<&mut impl Future<Output = T>>,
) -> Option<T> {
    // Most are over at once, and no alarm is set for them.
    if let Poll::Ready(output) = futures_util::poll!(&mut round) {
        return Some(output);
    }
    let _waiting = progress.wait_for_socket();
    let (mut taken, mut since) = (progress.bytes(), ambience.now());
    loop {
        let look = Millis(ambience.now().0.saturating_add(STUCK_LOOK_MS));
        tokio::select! {
            biased;
            output = &mut round => return Some(output),
            () = ambience.clock.sleep_until(look) => {}
        }
        let (bytes, now) = (progress.bytes(), ambience.now());
        if bytes != taken {
            (taken, since) = (bytes, now);
        } else if now.0.abs_diff(since.0) >= STUCK_MAX_MS {
            return None;
        }
    }
}

async fn write_ready(subscription: &Subscription, sink: &mut impl Mouth) -> Result<Option<Ending>, axum::Error> {
    let mut bytes = 0;
    for _ in 0..FRAMES_PER_FLUSH {
        if bytes >= WRITE_MAX_BYTES {
            break;
        }
        match subscription.next() {
            Next::Frame(frame) => {
                bytes += frame.len();
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

/// Writes the frames of the welcome, before anything that waits. A client gives up on a welcome
/// sooner than this does.
pub async fn write_welcome(
    ambience: &Ambience,
    subscription: &Subscription,
    sink: &mut impl Mouth,
    frames: Vec<Bytes>,
) -> Result<(), Ending> {
    let round = async {
        for frame in frames {
            sink.feed(Message::Binary(frame)).await?;
        }
        sink.flush().await
    };
    let written = tokio::select! {
        biased;
        written = within(ambience, WELCOME_WITHIN_MS, round) => written,
        () = subscription.cut_off() => None,
    };
    match (subscription.cut_by(), written) {
        (Some(ending), _) => Err(ending),
        (None, Some(Ok(()))) => Ok(()),
        (None, Some(Err(_)) | None) => Err(Ending::Lost),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::testing::{MovedClock, SeededChance};
    use futures_util::{FutureExt, poll};
    use std::{future::pending, sync::Arc};

    #[tokio::test]
    async fn a_reader_is_slow_only_when_its_socket_takes_no_byte_for_thirty_seconds() {
        let clock = MovedClock::new();
        let ambience = Ambience {
            clock: Arc::new(clock.clone()),
            chance: Arc::new(SeededChance::new(1)),
        };
        let progress = Progress::default();
        let never = pin!(pending::<()>());
        let mut round = pin!(unless_stuck(&ambience, &progress, never));
        // Minutes of one round: the reader gets on with it, a byte at a time.
        for _ in 0..20 {
            assert!(poll!(&mut round).is_pending());
            clock.advance(STUCK_MAX_MS - 1);
            progress.count(1);
        }
        assert!(poll!(&mut round).is_pending());
        assert!(progress.waits_for_socket());
        clock.advance(STUCK_MAX_MS - 1);
        assert!(poll!(&mut round).is_pending());
        clock.advance(STUCK_LOOK_MS);
        assert_eq!(poll!(&mut round), Poll::Ready(None));
        assert!(!progress.waits_for_socket());
    }

    /// A socket that takes nothing.
    struct Stuck;

    impl Sink<Message> for Stuck {
        type Error = axum::Error;

        fn poll_ready(self: Pin<&mut Self>, _: &mut std::task::Context<'_>) -> Poll<Result<(), axum::Error>> {
            Poll::Pending
        }

        fn start_send(self: Pin<&mut Self>, _: Message) -> Result<(), axum::Error> {
            Ok(())
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut std::task::Context<'_>) -> Poll<Result<(), axum::Error>> {
            Poll::Pending
        }

        fn poll_close(self: Pin<&mut Self>, _: &mut std::task::Context<'_>) -> Poll<Result<(), axum::Error>> {
            Poll::Pending
        }
    }

    #[tokio::test]
    async fn welcome_that_a_socket_does_not_take_ends_with_the_session_or_after_its_time() {
        let clock = MovedClock::new();
        let ambience = Ambience {
            clock: Arc::new(clock.clone()),
            chance: Arc::new(SeededChance::new(1)),
        };
        let subscription = Subscription::of(crate::wire::Level::CURRENT);
        for is_signed_out in [false, true] {
            let mut sink = Stuck;
            let mut written = pin!(write_welcome(&ambience, &subscription, &mut sink, vec![Bytes::new()]));
            assert!(poll!(&mut written).is_pending());
            let expected = if is_signed_out {
                subscription.cut(Ending::SignedOut);
                Ending::SignedOut
            } else {
                clock.advance(WELCOME_WITHIN_MS);
                Ending::Lost
            };
            assert_eq!(poll!(&mut written), Poll::Ready(Err(expected)));
        }
    }

    #[tokio::test]
    async fn a_round_that_is_over_comes_to_what_it_came_to() {
        let ambience = Ambience {
            clock: Arc::new(MovedClock::new()),
            chance: Arc::new(SeededChance::new(1)),
        };
        let progress = Progress::default();
        let seven = pin!(async { 7 });
        let over = unless_stuck(&ambience, &progress, seven);
        assert_eq!(over.now_or_never(), Some(Some(7)));
    }
}
