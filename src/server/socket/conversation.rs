//! One connection from hello to goodbye.

use super::{
    HELLO_WITHIN_MS, IDLE_MAX_MS, Progress, RECHECK_AGAIN_MS, RECHECK_EVERY_MS, STOP_WITHIN_MS,
    commands::Reply,
    incoming::{Heard, Listener, hello},
    lanes::{Done, Lanes},
    outgoing::{Ear, Mouth, close, pass_on, write_welcome},
    sql::{self, Standing},
    within,
    woken::WhenWoken,
};
use crate::{
    server::{
        app::App,
        away::{Report, Wire},
        error::{Error, Result},
        hub::{Connection, Ending, Seat, encode},
        rooms,
        sessions::{self, Signed},
    },
    wire::{
        Millis, Problem, ServerItem,
        command::Hello,
        event::{Welcome, WelcomeRooms},
        limits::WELCOME_PAGE_ROOMS,
    },
};
use axum::{body::Bytes, extract::ws::Message};
use futures_util::{FutureExt, StreamExt, future::BoxFuture};
use std::pin::pin;

/// How a connection came to its end.
struct End {
    ending: Ending,
    /// The other side took its leave, or was shown the door.
    clean: bool,
}

/// Over any wire. Its branches are looked at in a fixed order, so that the same things
/// happening in the same order always come to the same; none of them can starve the
/// others, for each waits for something before it is ready again.
///
/// `progress` counts what the socket below `sink` takes.
pub async fn converse(
    app: &App,
    who: Signed,
    seat: Seat,
    progress: Progress,
    mut sink: impl Mouth,
    mut stream: impl Ear,
) {
    let ending = match greet(app, &mut stream).await {
        Err(ending) => ending,
        Ok(hello) => talk(app, who, seat, hello, &progress, &mut sink, &mut stream).await,
    };
    close(&app.ambience, sink, stream, ending).boxed().await;
}

async fn greet(app: &App, stream: &mut impl Ear) -> Result<Hello, Ending> {
    loop {
        let message = within(&app.ambience, HELLO_WITHIN_MS, stream.next()).await;
        match message {
            Some(Some(Ok(Message::Ping(_) | Message::Pong(_)))) => {}
            Some(Some(Ok(message))) => return hello(&message),
            Some(None | Some(Err(_))) | None => return Err(Ending::Lost),
        }
    }
}

async fn talk(
    app: &App,
    who: Signed,
    seat: Seat,
    hello: Hello,
    progress: &Progress,
    sink: &mut impl Mouth,
    stream: &mut impl Ear,
) -> Ending {
    // What only the beginning and the end need is not kept by a connection that lasts for hours.
    let registration = app.hub.register(who.user(), who.session(), seat, hello.level);
    let connection = match registration.boxed().await {
        Ok(connection) => connection,
        Err(error) => return ending_of(&error),
    };
    // Read again: what ended before the registration was told to nobody.
    let (who, welcome) = match welcome(app, &who, &connection).boxed().await {
        Ok(welcome) => welcome,
        Err(error) => return ending_of(&error),
    };
    // The welcome is the first thing sent. What was committed since waits.
    if let Err(ending) = write_welcome(&app.ambience, connection.subscription(), sink, welcome)
        .boxed()
        .await
    {
        return ending;
    }
    let wire = Wire {
        user: who.user(),
        device: hello.device,
        connection: connection.id(),
    };
    let first = Report::Hello {
        session: who.session(),
        wire,
        presence: hello.presence,
    };
    app.away.report(app.ambience.now(), first).boxed().await;
    let mut listener = Listener {
        app,
        connection: &connection,
        wire,
        lanes: Lanes::default(),
        malformed: 0,
        presences: Vec::new(),
    };
    let end = {
        let listening = pin!(listen(&mut listener, who, progress, stream));
        let listening = WhenWoken::new(listening);
        tokio::select! {
            biased;
            ending = pass_on(&app.ambience, connection.subscription(), progress, sink) => End::by_us(ending),
            end = listening => end,
        }
    };
    let closed = Report::Closed { wire, clean: end.clean };
    app.away.report(app.ambience.now(), closed).boxed().await;
    // What arrived is carried out, though nobody waits for the answer: who presses Enter
    // and closes the tab has said it.
    within(&app.ambience, STOP_WITHIN_MS, finish(&mut listener))
        .boxed()
        .await;
    end.ending
}

impl End {
    /// Who is signed out or banned has left as surely as who closes the tab.
    fn by_us(ending: Ending) -> Self {
        Self {
            ending,
            clean: matches!(ending, Ending::SignedOut | Ending::Banned),
        }
    }
}

/// Registers what the connection may hear, and has the heads from after that: what is
/// committed between is told twice at worst, and lost never.
async fn welcome(app: &App, who: &Signed, connection: &Connection) -> Result<(Signed, Vec<Bytes>)> {
    let now = app.ambience.now();
    let changes = app.writer.changes_of_logs();
    let asked = (who.user(), who.session());
    let standing = sql::standing(&mut *app.store.connection().await?, asked, now).await?;
    let Standing { live, ties, heads } = standing.ok_or(Problem::SignedOut)?;
    let who = sessions::signed(app, &live, now);
    connection.hears(ties).await?;
    // If no log went on since they were read, they are what they would be now.
    let heads = if app.writer.changes_of_logs() == changes {
        heads
    } else {
        rooms::heads_for(&mut *app.store.connection().await?, who.user()).await?
    };
    let mut pages = heads.rooms.chunks(WELCOME_PAGE_ROOMS as usize);
    let first = pages.next().unwrap_or_default().to_vec();
    let welcome = Welcome {
        now: app.ambience.now(),
        limits: (*app.limits).clone(),
        epoch: app.store.epoch(),
        me: heads.me,
        user_head: heads.user,
        directory_head: heads.directory,
        rooms: first,
        more: pages.len() > 0,
    };
    let mut frames = vec![encode(&ServerItem::Welcome(welcome))];
    while let Some(page) = pages.next() {
        let rooms = WelcomeRooms {
            rooms: page.to_vec(),
            more: pages.len() > 0,
        };
        frames.push(encode(&ServerItem::WelcomeRooms(rooms)));
    }
    Ok((who, frames))
}

/// Listens until the other side is gone. Where this side is to end it, the subscription
/// says so, and the half that sends ends both.
async fn listen(listener: &mut Listener<'_>, mut who: Signed, progress: &Progress, stream: &mut impl Ear) -> End {
    let app = listener.app;
    let mut heard_at = app.ambience.now();
    let mut recheck_at = next_recheck(heard_at, &who);
    let mut alarm = wake_at(app, recheck_at.min(idle_at(heard_at)));
    // Looked at beside the commands, never in place of them: a command that waits for a
    // reader of the store, or holds one, would keep it from who waits for the same.
    let mut checking: Option<BoxFuture<'static, Result<Signed>>> = None;
    loop {
        let may_read = listener.connection.subscription().may_read();
        tokio::select! {
            biased;
            () = app.stopping.cancelled() => return stop(listener).boxed().await,
            // Time in which it was not listened to is no silence.
            () = listener.connection.subscription().readable(), if !may_read => heard_at = app.ambience.now(),
            message = stream.next(), if may_read && listener.lanes.has_room() => {
                heard_at = app.ambience.now();
                let goodbye = match message {
                    Some(Ok(message)) => matches!(listener.hear(who, message), Heard::Goodbye),
                    Some(Err(_)) | None => return End { ending: Ending::Lost, clean: false },
                };
                if !listener.presences.is_empty() {
                    listener.report_presences().boxed().await;
                }
                if goodbye {
                    return End { ending: Ending::Lost, clean: true };
                }
            }
            done = listener.lanes.done(app, listener.connection), if !listener.lanes.is_idle() => {
                heard_at = app.ambience.now();
                answer(listener.connection, done).await;
            }
            checked = wait_for(&mut checking), if checking.is_some() => {
                checking = None;
                (who, recheck_at) = checked_at(app.ambience.now(), listener.connection, who, checked);
                alarm = wake_at(app, recheck_at.min(idle_at(heard_at)));
            }
            () = &mut alarm => {
                let now = app.ambience.now();
                // A reader that gets on with a long backlog cannot answer a ping behind it.
                if !may_read || progress.waits_for_socket() {
                    heard_at = now;
                }
                if idle_at(heard_at) <= now {
                    return End { ending: Ending::Lost, clean: false };
                }
                if recheck_at <= now {
                    recheck_at = Millis(now.0 + RECHECK_AGAIN_MS);
                    let app = app.clone();
                    checking = Some(async move { sessions::recheck(&app, &who).await }.boxed());
                }
                alarm = wake_at(app, recheck_at.min(idle_at(heard_at)));
            }
        }
    }
}

/// Finishes what has begun, lets its events be published, and says "restart" after them.
async fn stop(listener: &mut Listener<'_>) -> End {
    let (app, connection) = (listener.app, listener.connection);
    listener.lanes.start_no_more();
    within(&app.ambience, STOP_WITHIN_MS, finish(listener)).await;
    connection.subscription().finish(Ending::Restart);
    std::future::pending().await
}

async fn finish(listener: &mut Listener<'_>) {
    while !listener.lanes.is_idle() {
        let done = listener.lanes.done(listener.app, listener.connection).await;
        answer(listener.connection, done).await;
    }
    let _hub_stopped = listener.connection.settle().await;
}

async fn answer(connection: &Connection, done: Option<Done>) {
    let Some(Done { room, key, reply }) = done else { return };
    match (reply, key) {
        (Reply::Item(item), key) => {
            let command = key.map(|key| (room, key));
            let _hub_stopped = connection.reply(command, &item).boxed().await;
        }
        (Reply::Stored(accepted), _) => connection.subscription().stored(accepted),
        (Reply::Nothing, Some(key)) => connection.subscription().end(room, key),
        (Reply::Nothing, None) => {}
        (Reply::End(ending), _) => connection.subscription().cut(ending),
    }
}

async fn wait_for<T>(future: &mut Option<BoxFuture<'static, T>>) -> T {
    match future {
        Some(future) => future.await,
        None => std::future::pending().await,
    }
}

/// Who it is after a look at the session, and when to look again.
fn checked_at(now: Millis, connection: &Connection, who: Signed, checked: Result<Signed>) -> (Signed, Millis) {
    match checked {
        Ok(who) => (who, next_recheck(now, &who)),
        Err(error) => {
            if let Error::Problem(_) = error {
                connection.subscription().cut(Ending::SignedOut);
            }
            // A store that cannot be read now ends nobody's session.
            (who, Millis(now.0 + RECHECK_AGAIN_MS))
        }
    }
}

fn next_recheck(now: Millis, who: &Signed) -> Millis {
    who.expires_at().clamp(now.next(), Millis(now.0 + RECHECK_EVERY_MS))
}

fn idle_at(heard_at: Millis) -> Millis {
    Millis(heard_at.0 + IDLE_MAX_MS)
}

fn wake_at(app: &App, at: Millis) -> BoxFuture<'static, ()> {
    let clock = app.ambience.clock.clone();
    async move { clock.sleep_until(at).await }.boxed()
}

fn ending_of(error: &Error) -> Ending {
    match error {
        Error::Problem(Problem::SignedOut) => Ending::SignedOut,
        Error::Problem(_) => Ending::Resync,
        Error::Fault(fault) => {
            tracing::error!(fault = fault.chain(), "a connection could not begin");
            Ending::Lost
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::extract::ws::WebSocket;
    use futures_util::stream::{SplitSink, SplitStream};

    /// What a connection keeps for as long as it lasts.
    const CONNECTION_MAX_BYTES: usize = 2_112;

    fn bytes_of<A, F>(_: impl Fn(A) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn a_connection_keeps_little_for_as_long_as_it_lasts() {
        type Sink = SplitSink<WebSocket, Message>;
        type Stream = SplitStream<WebSocket>;
        let whole = bytes_of(
            |(app, who, seat, sink, stream): (&'static App, Signed, Seat, Sink, Stream)| {
                converse(app, who, seat, Progress::default(), sink, stream)
            },
        );
        assert!(whole <= CONNECTION_MAX_BYTES, "{whole}");
    }
}
