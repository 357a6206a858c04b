//! Rows of a room as they are drawn, and what makes one another.

use super::{
    composer,
    message::{self, MessageRow, Standing, State},
    note::note,
    stand::{DIVIDER_ID, message_id},
};
use crate::{
    browser::timer,
    client::{Overlay, Pending, PendingState, Row, RowKey},
    rules::civil::Day,
    ui::{
        desk::Desk,
        live,
        place::{entry_path, under_room},
        words,
    },
    wire::{Message, Ordinal, RoomId, Seq, UserId, user_log::Marker},
};
use leptos::prelude::*;
use std::sync::Arc;

/// Loading is not shown for longer: then it has failed without a word.
const BUSY_MS: u32 = 10_000;

/// A row that looks the same has the same key, so that one event redraws one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DrawKey {
    row: RowKey,
    /// Revision of a message, size of a gap, step of sending.
    state: u64,
    /// What lies over a message and is not in the log yet.
    over: u64,
    marks: u8,
}

#[derive(Clone)]
pub struct DrawRow {
    pub key: DrawKey,
    row: Row,
    /// The entry after a gap, by which its rows can be had without the program.
    after: Option<Seq>,
}

/// The rows with their keys.
pub fn draw_rows(rows: Vec<Row>, me: UserId) -> Vec<DrawRow> {
    let mut after = None;
    let mut below = Seq::ZERO;
    let mut drawn: Vec<DrawRow> = Vec::with_capacity(rows.len());
    for row in rows.into_iter().rev() {
        let key = key(&row, me, below);
        let hole = matches!(row, Row::Older { .. } | Row::Gap { .. });
        let shown_after = if hole { after } else { None };
        match &row {
            Row::Message { message, .. } => {
                after = Some(message.seq);
                below = message.seq;
            }
            Row::Note { entry, .. } => below = entry.seq,
            _ => {}
        }
        drawn.push(DrawRow {
            key,
            row,
            after: shown_after,
        });
    }
    drawn.reverse();
    drawn
}

/// `below` is the entry that follows.
fn key(row: &Row, me: UserId, below: Seq) -> DrawKey {
    let flag = |is: bool, bit: u8| if is { bit } else { 0 };
    let over = match row {
        Row::Message {
            overlay: Some(overlay), ..
        } => overlay.stamp,
        _ => 0,
    };
    let (state, marks) = match row {
        Row::Older { missing } | Row::Gap { missing, .. } => (*missing, 0),
        // A clock that was set back makes one day begin twice, and no two rows may have one key.
        Row::Day(_) => (below.0, 0),
        Row::New => (0, 0),
        Row::Message {
            message,
            continues,
            stale,
            ..
        } => (message.revision.0, flag(*continues, 1) | flag(*stale, 2)),
        Row::Note { stale, .. } => (0, flag(*stale, 2)),
        Row::Pending { pending, continues } => {
            let step = match pending.state {
                PendingState::Sending => 0,
                PendingState::WaitingForNetwork => 1,
                PendingState::NotSent(_) => 2,
            };
            // No revision is ever this.
            (step, flag(*continues, 1) | 8)
        }
    };
    DrawKey {
        row: row.key(me),
        state,
        over,
        marks,
    }
}

pub fn draw(desk: Desk, room: RoomId, drawn: DrawRow) -> AnyView {
    let DrawRow { row, after, .. } = drawn;
    match row {
        Row::Older { .. } => hole(desk, room, None, words::OLDER.to_owned(), after),
        Row::Gap { before, missing } => hole(desk, room, Some(before), words::load_missing(missing), after),
        Row::Day(day) => self::day(desk, day),
        Row::New => divider(desk, room),
        Row::Message {
            message,
            continues,
            stale,
            overlay,
        } => {
            let standing = if stale { Standing::Stale } else { Standing::Stored };
            message::message(
                desk,
                &stored(desk, room, &message, overlay.as_deref(), continues, standing),
            )
        }
        Row::Note { entry, .. } => note(desk, &entry),
        Row::Pending { pending, continues } => {
            let row = MessageRow {
                room,
                id: ["p-", &pending.client_key.to_string()].concat(),
                author: desk.my_id(),
                at: pending.made_at,
                body: Some(pending.body.as_str().to_owned()),
                mentions: vec![],
                reactions: vec![],
                more: continues,
                standing: Standing::Pending,
                state: Some(state_of(&pending)),
            };
            message::message(desk, &row)
        }
    }
}

fn state_of(pending: &Pending) -> State {
    match &pending.state {
        PendingState::Sending => State::Sending,
        PendingState::WaitingForNetwork => State::WaitingForNetwork,
        PendingState::NotSent(problem) => State::NotSent(pending.client_key, problem.clone()),
    }
}

/// A message of the log with what the reader did to it since.
fn stored(
    desk: Desk,
    room: RoomId,
    message: &Arc<Message>,
    overlay: Option<&Overlay>,
    more: bool,
    standing: fn(Arc<Message>) -> Standing,
) -> MessageRow {
    let text = overlay.map_or_else(|| message.text(), |overlay| overlay.text(message));
    let state = overlay.and_then(|overlay| match (&overlay.deleting, &overlay.edit) {
        (Some(PendingState::Sending), _) => Some(State::Deleting),
        (Some(_), _) => Some(State::WaitingForNetwork),
        (None, edit) => edit.as_ref().map(state_of),
    });
    MessageRow {
        room,
        id: message_id(message.seq),
        author: message.author,
        at: message.at,
        body: (!message.is_deleted()).then(|| text.to_owned()),
        mentions: message.mentions.clone(),
        reactions: overlay.map_or_else(
            || message.reactions.clone(),
            |overlay| overlay.reactions(message, desk.my_id()),
        ),
        more,
        standing: standing(Arc::clone(message)),
        state,
    }
}

fn day(desk: Desk, day: Day) -> AnyView {
    let (today, yesterday) = desk.zone().today(desk.now());
    let datetime = [day.year.into(), u32::from(day.month), u32::from(day.day)].map(|n| {
        let text = n.to_string();
        if text.len() < 2 { ["0", &text].concat() } else { text }
    });
    view! {
        <h2 class="day">
            <time class="day__date" datetime=datetime.join("-")>
                {words::date(day, today)}
            </time>
            <span class="day__name">{words::day_name(day, today, yesterday)}</span>
        </h2>
    }
    .into_any()
}

/// The form names how far one has read, as the page knew it: what came since stays unread.
fn divider(desk: Desk, room: RoomId) -> AnyView {
    let Marker { version, ordinal } = desk.end_of(room);
    view! {
        <div class="divider" id=DIVIDER_ID>
            <div class="divider__line" role="separator" aria-label=words::NEW>
                <span class="divider__label">{words::NEW}</span>
            </div>
            <form
                method="post"
                action=under_room(room, "read")
                on:submit=move |event| {
                    event.prevent_default();
                    desk.mark_all_read(room);
                    composer::focus();
                }
            >
                <input type="hidden" name="version" value=version.to_string()/>
                <input type="hidden" name="ordinal" value=ordinal.to_string()/>
                <button class="button button--quiet button--small">{words::MARK_AS_READ}</button>
            </form>
        </div>
    }
    .into_any()
}

/// Comes into view long before one scrolls to it, and is a button for who cannot wait.
/// Without the program that leads to the page around what follows.
fn hole(desk: Desk, room: RoomId, before: Option<Ordinal>, text: String, after: Option<Seq>) -> AnyView {
    // The row is another one when something came; if nothing does, one may ask again.
    let busy = RwSignal::new(false);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        match before {
            None => desk.load_older(room),
            Some(before) => desk.load_gap(room, before),
        }
        busy.set(true);
        timer::after(BUSY_MS, move || {
            busy.try_set(false);
        })
        .forget();
    };
    let shown = move || {
        if busy.get() {
            words::LOADING.to_owned()
        } else {
            text.clone()
        }
    };
    let is_busy = Signal::derive(move || busy.get().then_some("true"));
    let action = after.map_or_else(|| under_room(room, ""), |seq| entry_path(room, seq));
    view! {
        <div class="gap" data-before=before.map(|before| before.to_string())>
            <span class="gap__mark" aria-hidden="true">
                "⋮"
            </span>
            <div class="gap__main">
                <form action=action on:submit=submit>
                    <button class="button button--small" aria-busy=is_busy>
                        {live::text(shown)}
                    </button>
                </form>
            </div>
        </div>
    }
    .into_any()
}
