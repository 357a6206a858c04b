//! The away card: what the user missed, exactly once, and nothing else. It never
//! takes the focus and never covers where one writes. Over a room it folds by itself,
//! and at once when a room is opened; on the home page it is the page, and stays.

mod card;
mod line;

use super::{
    desk::Desk,
    live::{effect, maybe},
    place::Place,
    room::composer,
    words,
};
use crate::{
    browser::{life, page, timer},
    rules::{
        away::{Card, Form},
        cover::Rect,
    },
    wire::EpisodeId,
};
use leptos::prelude::*;
use web_sys::HtmlElement;

const CARD_ID: &str = "away";
/// All that may lie over the log: the card and other notices, the bar of what was skipped, the button
/// to the newest message, the state of the connection, and the panel of a message.
const OVER_LOG: &str = ".notices > *, .room__skipped, .room__jump, .room__status > *, .actions";
/// Unless somebody points at it or is in it, the card folds after this.
const FOLDS_AFTER_MS: u32 = 20_000;

/// The rectangles of everything that lies over the log. Rows behind them cannot be read. Callers ask
/// again when [`Desk::card_open`] changes.
pub fn covers() -> Vec<Rect> {
    page::rects_of(OVER_LOG)
}

pub fn away(desk: Desk) -> AnyView {
    let card = Memo::new(move |_| desk.card());
    let held = Held::new(desk, card);
    let shown = Memo::new(move |_| {
        let folded = desk.folded().get();
        let is_home = desk.place().get() == Place::Home;
        card.get()
            .filter(|card| (is_home || Some(card.episode) != folded) && desk.has_card_lock().get())
    });
    effect(move || {
        let shown = shown.get();
        desk.card_open()
            .set(shown.is_some() && desk.place().get() != Place::Home);
        held.meet(shown);
    });
    effect(move || held.listen());
    maybe(move || {
        shown.get().map(|card| match card.form {
            Form::Full => card::full(desk, held, &card),
            Form::Line => line::line(desk, held, &card),
        })
    })
}

/// What holds the card open and where the focus was before it went there.
#[derive(Clone, Copy)]
struct Held {
    desk: Desk,
    card: Memo<Option<Card>>,
    announced: StoredValue<Option<EpisodeId>>,
    is_shown: StoredValue<bool>,
    timer: StoredValue<Option<timer::Timeout>, LocalStorage>,
    came_from: StoredValue<Option<HtmlElement>, LocalStorage>,
}

impl Held {
    fn new(desk: Desk, card: Memo<Option<Card>>) -> Self {
        Self {
            desk,
            card,
            announced: StoredValue::new(None),
            is_shown: StoredValue::new(false),
            timer: StoredValue::new_local(None),
            came_from: StoredValue::new_local(None),
        }
    }

    /// A card came, changed or went.
    fn meet(self, card: Option<Card>) {
        let was_shown = self.is_shown.get_value();
        self.is_shown.set_value(card.is_some());
        let Some(card) = card else {
            self.timer.set_value(None);
            return;
        };
        let is_new = self.announced.get_value() != Some(card.episode);
        if is_new {
            self.announced.set_value(Some(card.episode));
            let sentence = words::away_sentence(card.messages, card.number_of_rooms(), card.mentions);
            self.desk.announce(sentence);
        }
        // One that was gone for a moment, in another tab perhaps, folds like a new one.
        if is_new || !was_shown {
            self.release();
        }
    }

    /// Nobody points at it any more: it folds in a while.
    fn release(self) {
        let fold = move || {
            if !page::is_visible() {
                return self.release();
            }
            let is_over = self.desk.card_open().try_get_untracked().unwrap_or_default();
            if let (true, Some(card)) = (is_over, self.card.try_get_untracked().flatten()) {
                self.desk.folded().try_set(Some(card.episode));
            }
        };
        self.timer.try_set_value(Some(timer::after(FOLDS_AFTER_MS, fold)));
    }

    fn hold(self) {
        self.timer.try_set_value(None);
    }

    /// Alt+C and F6 go to the card; Escape inside puts it away and goes back.
    fn listen(self) {
        life::on_key(move |event| {
            let Some(card) = page::by_id(CARD_ID) else { return false };
            match event.key().as_str() {
                "Escape" if page::is_focused_within(&card) => {
                    self.dismiss();
                    true
                }
                // Some keyboards make another letter with Alt; the code names the key itself.
                key if key == "F6" || (event.alt_key() && event.code() == "KeyC") => {
                    self.came_from.set_value(page::focused());
                    if let Ok(Some(first)) = card.query_selector("a, button") {
                        page::focus(&first);
                    }
                    true
                }
                _ => false,
            }
        });
    }

    fn dismiss(self) {
        let inside = page::by_id(CARD_ID).is_some_and(|card| page::is_focused_within(&card));
        self.desk.dismiss();
        if inside {
            let back = self.came_from.try_update_value(Option::take).flatten();
            match back.filter(|element| element.is_connected()) {
                Some(element) => page::focus(&element),
                None => composer::focus(),
            }
        }
    }
}
