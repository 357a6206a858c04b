//! The list of what was said, and the pill that leads to its end.

use super::{
    announce, keys,
    rows::{DrawRow, draw, draw_rows},
    skipped,
    stand::{LIST_ID, Stand},
};
use crate::{
    browser::{page, watch::soon},
    client::{Drawn, Row},
    ui::{
        desk::{Desk, RoomLine},
        live::{effect, effect_after, maybe},
        parts::{button, plain, worded},
        words,
    },
    wire::{RoomId, RoomKind},
};
use leptos::prelude::*;

pub fn log(desk: Desk, room: RoomId, line: Memo<RoomLine>) -> AnyView {
    let me = desk.my_id();
    let at_end = RwSignal::new(true);
    let new_below = RwSignal::new(0_u32);
    let rows = Memo::new(move |_| desk.drawn(room));
    // The row that keys go to, by its name: it is another element when it was drawn anew.
    let held = StoredValue::new(None::<String>);
    let drawn = move || draw_rows(rows.get().rows, me);
    let busy = Signal::derive(move || if desk.is_loading(room) { "true" } else { "false" });
    take_care(desk, room, rows, at_end);
    effect(move || {
        rows.track();
        soon(move || hold_focus(held.try_get_value().flatten()));
    });
    announce::listen(desk, room, at_end, new_below);
    view! {
        <div
            class="room__log log"
            id=LIST_ID
            role="log"
            aria-label=Signal::derive(move || line.with(|line| words::messages_in(&line.name)))
            aria-live="off"
            aria-busy=busy
            tabindex="0"
            on:keydown=move |event| {
                if keys::pressed(desk, room, &event) {
                    event.prevent_default();
                }
            }
            on:focusin=move |_| held.set_value(focused_row())
        >
            <div class="log__column">
                {maybe(move || head(desk, room, line, rows))}
                <For each=drawn key=|row: &DrawRow| row.key children=move |row| draw(desk, room, row)/>
                // Where the list begins before the program holds it.
                <div class="log__end"></div>
            </div>
        </div>
        {maybe(move || skipped::skipped(desk, room))}
        {maybe(move || (!at_end.get()).then(|| jump(desk, new_below.get())))}
    }
    .into_any()
}

fn focused_row() -> Option<String> {
    let row = page::focused()?.closest("article").ok()??;
    Some(row.id())
}

fn hold_focus(row: Option<String>) {
    // A row that is not drawn any more leaves the keys to the list it was in.
    let place = |id: String| page::by_id(&id).or_else(|| page::by_id(LIST_ID));
    if page::is_focus_lost()
        && let Some(place) = row.and_then(place)
    {
        page::focus(&place);
    }
}

/// The list is cared for once it stands on the page, and for as long as it does.
fn take_care(desk: Desk, room: RoomId, rows: Memo<Drawn>, at_end: RwSignal<bool>) {
    let stand = StoredValue::new_local(None::<Stand>);
    let with = move |what: &dyn Fn(&Stand)| {
        stand.try_with_value(|stand| stand.as_ref().map(what));
    };
    effect(move || stand.set_value(Stand::new(desk, room, at_end)));
    effect(move || {
        rows.track();
        // After the rows are drawn; a list that does not fill its window has no new size then.
        soon(move || with(&Stand::settle));
    });
    effect_after(move |before: Option<u32>| {
        let times = desk.to_end().get();
        if before.is_some_and(|before| before != times) {
            with(&Stand::to_end);
        }
        times
    });
    effect_after(move |before: Option<bool>| {
        let is_open = desk.card_open().get();
        if before.is_some_and(|before| before != is_open) {
            with(&|stand| stand.card_changes(is_open));
        }
        is_open
    });
    effect_after(move |before: Option<u32>| {
        let times = desk.to_unread().get();
        if before.is_some_and(|before| before != times) {
            with(&Stand::to_unread);
        }
        times
    });
    effect_after(move |before: Option<()>| {
        let found = desk.found().get();
        // What was asked for first is where the list began.
        if let (Some(()), Some((at, seq))) = (before, found)
            && at == room
        {
            with(&|stand| stand.reveal(seq));
        }
    });
}

/// What stands above the first row.
fn head(desk: Desk, room: RoomId, line: Memo<RoomLine>, drawn: Memo<Drawn>) -> Option<AnyView> {
    let loading = desk.is_loading(room);
    drawn.with(|drawn| match drawn.rows.first() {
        None if loading => Some(skeleton()),
        Some(Row::Older { .. } | Row::Gap { .. }) => None,
        _ if drawn.more_above => None,
        _ if drawn.rows.iter().any(is_stale) => Some(view! { <p class="log__stale">{words::STALE}</p> }.into_any()),
        _ => Some(beginning(&line.get())),
    })
}

fn is_stale(row: &Row) -> bool {
    matches!(row, Row::Message { stale: true, .. } | Row::Note { stale: true, .. })
}

fn beginning(line: &RoomLine) -> AnyView {
    let name = match line.kind {
        RoomKind::Direct => words::begins_direct(&line.name),
        RoomKind::Open | RoomKind::Closed => words::begins(&line.name),
    };
    let title = worded("h2", "empty__title", vec![name.into_any()]);
    let text = plain("p", "empty__text", vec![words::begins_text(line.kind).into_any()]);
    plain("div", "log__beginning", vec![plain("div", "empty", vec![title, text])])
}

const SKELETON_ROWS: usize = 6;

fn skeleton() -> AnyView {
    let row = || {
        let parts = [
            "skeleton__time",
            "skeleton__avatar",
            "skeleton__name",
            "skeleton__words",
        ];
        let parts = parts.map(|part| plain("span", part, vec![]));
        plain("div", "skeleton__row", parts.into())
    };
    let rows: Vec<AnyView> = (0..SKELETON_ROWS).map(|_| row()).collect();
    view! {
        <div class="skeleton" aria-hidden="true">
            {rows}
        </div>
    }
    .into_any()
}

fn jump(desk: Desk, new_below: u32) -> AnyView {
    let (class, text) = if new_below > 0 {
        ("room__jump jump", words::new_below(new_below))
    } else {
        ("room__jump jump jump--plain", words::NEWEST.to_owned())
    };
    let label = view! {
        <span aria-hidden="true">"↓"</span>
        " "
        {text}
    };
    button(class, label.into_any(), move || {
        desk.to_end().update(|times| *times += 1);
    })
}
