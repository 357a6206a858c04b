//! Where the list of a room stands while rows come above and below it. It follows
//! the end only if people left it there: what they do decides, never where the
//! browser happens to scroll.

use crate::{
    browser::{
        clock,
        listen::Listener,
        page,
        scroll::{self, Anchor, DIVIDER_AT_PERCENT, FOUND_AT_PERCENT, Measures},
        timer,
        watch::{Sight, Sizes},
    },
    client::{READ_AFTER, Reading},
    rules::cover::Rect,
    ui::{away, desk::Desk},
    wire::{Millis, Ordinal, RoomId, Seq},
};
use leptos::prelude::*;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use web_sys::Element;

pub const LIST_ID: &str = "log";
pub const DIVIDER_ID: &str = "divider";
const ORDINAL: &str = "data-ordinal";
const BEFORE: &str = "data-before";
/// A wheel or finger still moves the list for so long after it was last felt.
const STEERED_FOR: Millis = Millis(400);
/// How far above and below the window rows are asked for that are missing.
const HOLE_MARGIN: &str = "150% 0px";
const READ_SHARE: f64 = 0.5;

pub fn message_id(seq: Seq) -> String {
    let mut id = String::from("m-");
    id.push_str(&seq.to_string());
    id
}

/// The entry of a row that is no pending one.
pub fn seq_of(id: &str) -> Option<Seq> {
    id.strip_prefix("m-")?.parse().ok().map(Seq)
}

/// Lives as long as its list is drawn.
pub struct Stand {
    inner: Rc<Inner>,
    _listeners: Vec<Listener>,
    _sizes: Sizes,
}

struct Inner {
    desk: Desk,
    room: RoomId,
    list: Element,
    at_end: RwSignal<bool>,
    landing: Cell<Landing>,
    /// The entry to land at as soon as it is drawn.
    goal: Cell<Option<Seq>>,
    stuck: Cell<bool>,
    steered_at: Cell<Millis>,
    anchor: RefCell<Option<Anchor>>,
    reading: RefCell<Reading>,
    read_timer: RefCell<Option<timer::Timeout>>,
    /// The window was visible and had the keys when that was last looked at.
    attended: Cell<bool>,
    watch: Rc<timer::Later>,
    sights: RefCell<Option<[Sight; 2]>>,
}

/// Where the reader is when the room opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Landing {
    /// There is nothing to land at yet.
    NotYet,
    /// Among the rows that are held, until it is known where the unread ones begin.
    ForNow,
    /// Where the room opens, or where the reader has gone since.
    Done,
}

impl Stand {
    /// Takes care of the list that is on the page now.
    pub fn new(desk: Desk, room: RoomId, at_end: RwSignal<bool>) -> Option<Self> {
        let list = page::by_id(LIST_ID)?;
        let column = list.first_element_child()?;
        let is_chosen = scroll::hold(&list, &column);
        let inner = Rc::new(Inner {
            desk,
            room,
            list: list.clone(),
            at_end,
            landing: Cell::new(Landing::NotYet),
            goal: Cell::new(entry_of(desk, room)),
            stuck: Cell::new(false),
            steered_at: Cell::new(Millis::ZERO),
            anchor: RefCell::new(None),
            reading: RefCell::new(Reading::default()),
            read_timer: RefCell::new(None),
            attended: Cell::new(page::is_attended()),
            watch: Rc::default(),
            sights: RefCell::new(None),
        });
        let mut listeners = vec![inner.on("scroll", Inner::scrolled)];
        for name in ["wheel", "touchmove", "pointerdown", "keydown"] {
            listeners.push(inner.on(name, Inner::steered));
        }
        let sizes = {
            let inner = Rc::clone(&inner);
            Sizes::new(&[&list, &column], move || {
                inner.measure();
                inner.settle();
                inner.look_at_tall();
            })
        };
        inner.measure();
        inner.look();
        if is_chosen {
            inner.stay();
        }
        inner.settle();
        inner.watch_rows();
        let reader = Rc::downgrade(&inner);
        desk.reads_by(move || {
            if let Some(inner) = reader.upgrade() {
                inner.look_again();
            }
        });
        Some(Self {
            inner,
            _listeners: listeners,
            _sizes: sizes,
        })
    }

    /// Rows came or went.
    pub fn settle(&self) {
        self.inner.settle();
        // Who scrolls comes upon holes; who stands at the end waits for what is said there.
        if self.inner.stuck.get() {
            self.inner.watch_later();
        } else {
            self.inner.watch_rows();
        }
    }

    /// Stands at the end from now on.
    pub fn to_end(&self) {
        self.inner.goal.set(None);
        self.inner.landing.set(Landing::Done);
        self.inner.stuck.set(true);
        self.inner.desk.stand_at_end(self.inner.room);
        self.inner.settle();
    }

    /// Lands at an entry, now or when it is drawn.
    pub fn reveal(&self, seq: Seq) {
        // What was pressed to get there moves nothing that comes of it.
        self.inner.steered_at.set(Millis::ZERO);
        self.inner.goal.set(Some(seq));
        self.inner.stuck.set(false);
        self.inner.settle();
    }

    /// The away card opened or closed. After it closed, every row in view starts its reading time
    /// again: which rows the card covered until now is unknown.
    pub fn card_changes(&self, is_open: bool) {
        if is_open {
            self.inner.look_again();
        } else {
            self.inner.begin_anew(clock::now());
        }
    }

    /// Lands at the first unread message, now or when it is drawn.
    pub fn to_unread(&self) {
        self.inner.steered_at.set(Millis::ZERO);
        self.inner.goal.set(None);
        self.inner.stuck.set(false);
        self.inner.landing.set(Landing::NotYet);
        self.inner.settle();
    }
}

/// The entry of this room that was asked for.
fn entry_of(desk: Desk, room: RoomId) -> Option<Seq> {
    let (at, seq) = desk.found().try_get_untracked().flatten()?;
    (at == room).then_some(seq)
}

impl Inner {
    fn on(self: &Rc<Self>, name: &'static str, heard: fn(&Self)) -> Listener {
        let inner = Rc::clone(self);
        Listener::new(&self.list, name, move |_| heard(&inner))
    }

    /// As many rows are drawn as the window wants.
    fn measure(&self) {
        self.desk.has_window(self.list.client_height());
    }

    fn steered(&self) {
        self.steered_at.set(clock::now());
    }

    fn scrolled(&self) {
        let now = clock::now();
        let is_steered = now.0.abs_diff(self.steered_at.get().0) <= STEERED_FOR.0;
        if is_steered || !self.stuck.get() {
            self.anchor.replace(scroll::anchor(&self.list));
        }
        let at_end = self.is_at_end();
        if is_steered {
            // A flick goes on after the finger is gone.
            self.steered_at.set(now);
            self.goal.set(None);
            self.landing.set(Landing::Done);
            self.stick(at_end);
        }
        self.tell_end(at_end);
        self.reach();
        self.look_at_tall();
    }

    fn look_at_tall(&self) {
        if let Some([rows, _]) = &*self.sights.borrow() {
            rows.look_at_tall();
        }
    }

    fn is_at_end(&self) -> bool {
        Measures::of(&self.list).is_at_end() && !self.desk.has_more_below()
    }

    /// What is drawn follows the end with who stands there, and stays with who left it.
    fn stick(&self, at_end: bool) {
        if self.stuck.replace(at_end) == at_end {
            return;
        }
        if at_end {
            self.desk.stand_at_end(self.room);
        } else {
            self.stand_near();
        }
    }

    /// Near an edge of what is drawn the next rows are brought, before one comes to them.
    /// Asked only after a scroll, ours to hold a row in place among them: so one step is
    /// drawn a frame.
    fn reach(&self) {
        // Who waits for an entry is not where they want to be.
        let stays = self.landing.get() != Landing::NotYet && self.goal.get().is_none() && !self.stuck.get();
        if stays && Measures::of(&self.list).is_near_edge() {
            self.stand_near();
        }
    }

    fn stand_near(&self) {
        let first = self.anchor.borrow().as_ref().and_then(|anchor| seq_of(anchor.id()));
        if let Some(first) = first {
            self.desk.stand_near(self.room, first);
        }
    }

    fn tell_end(&self, at_end: bool) {
        if self.at_end.try_get_untracked() == Some(!at_end) {
            self.at_end.try_set(at_end);
        }
    }

    /// Puts the list where it belongs, before anybody sees it elsewhere.
    fn settle(&self) {
        if let Some(seq) = self.goal.get() {
            self.land_at(seq);
        }
        if self.landing.get() == Landing::ForNow && self.desk.has_landing(self.room) {
            self.landing.set(Landing::NotYet);
            self.stuck.set(false);
        }
        if self.landing.get() == Landing::NotYet {
            self.land();
        } else if self.stuck.get() {
            if self.desk.has_more_below() {
                self.desk.stand_at_end(self.room);
            }
            scroll::to_end(&self.list);
        } else if let Some(anchor) = &*self.anchor.borrow() {
            scroll::restore(&self.list, anchor);
        }
        // At the end nothing is held in place.
        if !self.stuck.get() {
            self.anchor.replace(scroll::anchor(&self.list));
        }
        self.tell_end(self.is_at_end());
    }

    /// Somebody has chosen their place already.
    fn stay(&self) {
        self.goal.set(None);
        self.landing.set(Landing::Done);
        self.anchor.replace(scroll::anchor(&self.list));
        self.stick(self.is_at_end());
        if !self.stuck.get() {
            self.stand_near();
        }
    }

    /// The first time: at what is new, or at the end; there one also waits for the entry
    /// that was asked for.
    fn land(&self) {
        if self.goal.get().is_some() {
            scroll::to_end(&self.list);
        } else if scroll::land(&self.list, page::by_id(DIVIDER_ID), DIVIDER_AT_PERCENT) {
            self.landing.set(Landing::Done);
            // Unread rows that are on their way come below this end, and are not to be passed.
            self.stick(self.is_at_end() && !self.desk.lacks_newest(self.room));
        } else {
            scroll::to_end(&self.list);
            let has_rows = self.list.query_selector("article").is_ok_and(|row| row.is_some());
            self.landing.set(match (has_rows, self.desk.has_landing(self.room)) {
                (false, _) => Landing::NotYet,
                (true, false) => Landing::ForNow,
                (true, true) => Landing::Done,
            });
            self.stuck.set(true);
        }
    }

    fn land_at(&self, seq: Seq) {
        let row = page::by_id(&message_id(seq));
        if scroll::land(&self.list, row.clone(), FOUND_AT_PERCENT) {
            self.goal.set(None);
            self.landing.set(Landing::Done);
            self.stuck.set(false);
            self.anchor.replace(scroll::anchor(&self.list));
            if let Some(row) = row {
                page::focus(&row);
            }
        }
    }

    /// Looks for rows in view and for holes near it.
    fn look(self: &Rc<Self>) {
        // Held by what it looks through, so it must not hold it in turn.
        let inner = Rc::downgrade(self);
        let rows = Sight::new(&self.list, "0px", READ_SHARE, move |row, seen| {
            let ordinal = row.get_attribute(ORDINAL).and_then(|text| text.parse().ok());
            if let (Some(inner), Some(ordinal)) = (inner.upgrade(), ordinal) {
                inner.saw(Ordinal(ordinal), seen);
            }
        });
        let inner = Rc::downgrade(self);
        let holes = Sight::new(&self.list, HOLE_MARGIN, 0.0, move |hole, seen| {
            if let (Some(inner), true) = (inner.upgrade(), seen) {
                inner.fill(hole);
            }
        });
        self.sights.replace(Some([rows, holes]));
    }

    /// Fills a hole from the side one comes from.
    fn fill(&self, hole: &Element) {
        let before = hole.get_attribute(BEFORE).and_then(|text| text.parse().ok());
        match before.map(Ordinal) {
            None => self.desk.load_older(self.room),
            Some(before) if scroll::begins_above(&self.list, hole) => self.desk.load_gap(self.room, before),
            Some(before) => self.desk.load_newer(self.room, before),
        }
    }

    /// Once what came is painted: nothing is read sooner, and no hole is filled for it.
    fn watch_later(self: &Rc<Self>) {
        let inner = Rc::downgrade(self);
        self.watch.ask(Box::new(move || {
            if let Some(inner) = inner.upgrade() {
                inner.watch_rows();
            }
        }));
    }

    /// Watching what is watched already changes nothing.
    fn watch_rows(&self) {
        let Some([rows, holes]) = &*self.sights.borrow() else {
            return;
        };
        for (sight, selector) in [(rows, "[data-ordinal]"), (holes, ".gap")] {
            sight.add_all(&self.list, selector);
        }
    }

    fn saw(self: &Rc<Self>, ordinal: Ordinal, seen: bool) {
        if seen {
            self.reading.borrow_mut().came(ordinal, clock::now());
            self.read_later();
        } else {
            self.reading.borrow_mut().went(ordinal);
        }
    }

    fn read_later(self: &Rc<Self>) {
        if self.read_timer.borrow().is_some() {
            return;
        }
        let inner = Rc::downgrade(self);
        // A moment more than needed, so that clocks of whole milliseconds agree.
        let ms = u32::try_from(READ_AFTER.0).unwrap_or(u32::MAX) + 20;
        let timer = timer::after(ms, move || {
            if let Some(inner) = inner.upgrade() {
                inner.read_timer.replace(None);
                inner.tell_read();
            }
        });
        self.read_timer.replace(Some(timer));
    }

    fn tell_read(self: &Rc<Self>) {
        if !page::is_attended() {
            return;
        }
        let now = clock::now();
        self.tell_displayed(now);
        if self.reading.borrow().waits(now) {
            self.read_later();
        }
    }

    fn tell_displayed(&self, now: Millis) {
        let (covers, window) = (away::covers(), page::rect_of(&self.list));
        let read = self.desk.read_up_to(self.room);
        let mut reading = self.reading.borrow_mut();
        let runs = reading.displayed_beside(read, &covers, window, |row| self.rect_of(row), now);
        let first = reading.first(now);
        drop(reading);
        if let Some(first) = first {
            self.desk.has_in_view(self.room, first);
        }
        for (from, to) in runs {
            self.desk.displayed(self.room, from, to);
        }
    }

    fn rect_of(&self, row: Ordinal) -> Option<Rect> {
        let selector = ["[data-ordinal=\"", &row.to_string(), "\"]"].concat();
        let row = self.list.query_selector(&selector).ok().flatten();
        row.as_ref().map(page::rect_of)
    }

    /// The reader looks again, looks away or leaves: what was displayed until now is told, and
    /// every glance begins anew.
    fn look_again(self: &Rc<Self>) {
        let now = clock::now();
        if self.attended.replace(page::is_attended()) {
            self.tell_displayed(now);
        }
        self.begin_anew(now);
    }

    fn begin_anew(self: &Rc<Self>, now: Millis) {
        self.reading.borrow_mut().begin_anew(now);
        self.read_later();
    }
}
