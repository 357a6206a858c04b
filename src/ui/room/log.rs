//! The list of what was said, and the pill that leads to its end.

use super::{
    announce,
    rows::{DrawRow, draw, draw_rows},
    stand::{LIST_ID, Stand},
};
use crate::{
    browser::watch::soon,
    client::Row,
    ui::{
        desk::{Desk, RoomLine},
        words,
    },
    wire::{RoomId, RoomKind},
};
use leptos::prelude::*;

pub fn log(desk: Desk, room: RoomId, line: Memo<RoomLine>) -> AnyView {
    let me = desk.my_id();
    let at_end = RwSignal::new(true);
    let new_below = RwSignal::new(0_u32);
    let rows = Memo::new(move |_| desk.rows(room));
    let drawn = move || draw_rows(rows.get(), me);
    let busy = move || if desk.is_loading(room) { "true" } else { "false" };
    take_care(desk, room, rows, at_end);
    announce::listen(desk, rows, at_end, new_below);
    view! {
        <div
            class="room__log log"
            id=LIST_ID
            role="log"
            aria-label=move || line.with(|line| words::messages_in(&line.name))
            aria-live="off"
            aria-busy=busy
            tabindex="0"
        >
            <div class="log__column">
                {move || head(desk, room, line, rows)}
                <For each=drawn key=|row: &DrawRow| row.key children=move |row| draw(desk, room, row)/>
            </div>
        </div>
        {move || (!at_end.get()).then(|| jump(desk, new_below.get()))}
    }
    .into_any()
}

/// The list is cared for once it stands on the page, and for as long as it does.
fn take_care(desk: Desk, room: RoomId, rows: Memo<Vec<Row>>, at_end: RwSignal<bool>) {
    let stand = StoredValue::new_local(None::<Stand>);
    let with = move |what: &dyn Fn(&Stand)| {
        stand.try_with_value(|stand| stand.as_ref().map(what));
    };
    Effect::new(move |_| stand.set_value(Stand::new(desk, room, at_end)));
    Effect::new(move |_| {
        rows.track();
        // After the rows are drawn; a list that does not fill its window has no new size then.
        soon(move || with(&Stand::settle));
    });
    Effect::new(move |before: Option<u32>| {
        let times = desk.to_end().get();
        if before.is_some_and(|before| before != times) {
            with(&Stand::to_end);
        }
        times
    });
    Effect::new(move |before: Option<u32>| {
        let times = desk.attention().get();
        if before.is_some_and(|before| before != times) {
            with(&Stand::look_again);
        }
        times
    });
    Effect::new(move |_| {
        desk.revealed().track();
        if let Some((at, seq)) = desk.found().get()
            && at == room
        {
            with(&|stand| stand.reveal(seq));
        }
    });
}

/// What stands above the first row.
fn head(desk: Desk, room: RoomId, line: Memo<RoomLine>, rows: Memo<Vec<Row>>) -> Option<AnyView> {
    let loading = desk.is_loading(room);
    rows.with(|rows| match rows.first() {
        None if loading => Some(skeleton()),
        Some(Row::Older { .. } | Row::Gap { .. }) => None,
        _ if rows.iter().any(is_stale) => Some(view! { <p class="log__stale">{words::STALE}</p> }.into_any()),
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
    view! {
        <div class="log__beginning">
            <div class="empty">
                <h2 class="empty__title" dir="auto">
                    {name}
                </h2>
                <p class="empty__text">{words::begins_text(line.kind)}</p>
            </div>
        </div>
    }
    .into_any()
}

const SKELETON_ROWS: usize = 6;

fn skeleton() -> AnyView {
    let row = || {
        view! {
            <div class="skeleton__row">
                <span class="skeleton__time"></span>
                <span class="skeleton__avatar"></span>
                <span class="skeleton__name"></span>
                <span class="skeleton__words"></span>
            </div>
        }
        .into_any()
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
    view! {
        <button class=class type="button" on:click=move |_| desk.to_end().update(|times| *times += 1)>
            <span aria-hidden="true">"↓"</span>
            " "
            {text}
        </button>
    }
    .into_any()
}
