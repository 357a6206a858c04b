//! What a reader who skipped ahead left unread above, and the two ways on: to the first of it,
//! or past all of it.

use super::{composer, stand::LIST_ID};
use crate::{
    browser::page,
    ui::{desk::Desk, parts::button, words},
    wire::RoomId,
};
use leptos::prelude::*;

pub fn skipped(desk: Desk, room: RoomId) -> Option<AnyView> {
    let unread = desk.unread_above(room);
    (unread > 0).then(|| bar(desk, room, unread))
}

fn bar(desk: Desk, room: RoomId, unread: u32) -> AnyView {
    view! {
        <div class="room__skipped skipped" role="group" aria-label=words::UNREAD_ABOVE>
            <span class="skipped__text">{words::unread_above(unread)}</span>
            {button(
                "button button--small",
                words::GO_TO_FIRST.into_any(),
                move || {
                    desk.go_to_unread(room);
                    // The button goes, and the keys go on in the list.
                    if let Some(list) = page::by_id(LIST_ID) {
                        page::focus(&list);
                    }
                },
            )}
            {button(
                "button button--small button--quiet",
                words::MARK_AS_READ.into_any(),
                move || {
                    desk.mark_skipped_read(room);
                    composer::focus();
                },
            )}
        </div>
    }
    .into_any()
}
