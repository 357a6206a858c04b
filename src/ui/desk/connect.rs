//! The browser around the desk: what it does to the tab, and what the tab makes
//! of it on the screen.

use super::{Desk, Revisions};
use crate::{
    browser::{
        clock,
        driver::Driver,
        keep,
        life::{self, Life},
        page, program, tabs, timer, unload,
    },
    client::{Changed, Effect, Tab},
    ui::{
        live::effect_after,
        place::Place,
        room::{Editing, Walk},
        words,
    },
    wire::Seq,
};
use leptos::prelude::*;
use std::{cell::Cell, rc::Rc, sync::PoisonError};
use web_sys::HtmlFormElement;

const WALK: &str = "walk";
/// `boot.js` reads it as well, and hides the card before the program has come.
const FOLDED: &str = "folded card";
const CARD_LOCK: &str = "whilst-card";
/// A lock that nobody else has is had within a few milliseconds.
const LOCK_PATIENCE_MS: u32 = 300;
/// Signing out waits at most a second for what was read.
const SIGN_OUT_LOOKS_MAX: u32 = 20;
const SIGN_OUT_LOOK_EVERY_MS: u32 = 50;
const CHANNEL: &str = "whilst";
const SIGNED_OUT: &str = "signed out";
const SIGN_OUT_PATH: &str = "/sign-out";
const SIGN_IN_PATH: &str = "/sign-in?next=";

impl Desk {
    /// Connects the chat to the browser: once, after the first picture stands.
    pub fn start(self) {
        self.take_up_walk();
        self.connect();
        self.watch_card_lock();
        life::on_visit(move |path| match Place::parse(path) {
            Some(place) => {
                self.visit(place);
                true
            }
            None => false,
        });
    }

    /// The same beside a page of forms, where every link loads a page and no card is shown.
    pub fn start_beside(self) {
        self.connect();
        life::on_visit(move |path| {
            if Place::parse(path).and_then(Place::room).is_some() {
                self.fold_card();
            }
            false
        });
    }

    fn connect(self) {
        self.zone().be_local();
        let user = self.my_id();
        // First of all: what another user left in this tab is gone before anything of it is read.
        keep::belongs_to(user);
        let tab = self.tab().get_value();
        tab.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .keep_outbox_in(keep::outbox(user));
        unload::watch();
        life::on_post(SIGN_OUT_PATH, move |form| self.sign_out(form));
        let driver = Driver::start(tab, move |effect| self.told(effect));
        self.driver().set_value(Some(driver.clone()));
        // The first picture was drawn without it, as on the server.
        if self.read(|tab| tab.has_unsent() || tab.has_failed()) {
            raise(self.revisions().timeline);
        }
        self.others().set_value(Some(tabs::Channel::open(CHANNEL, |said| {
            if said == SIGNED_OUT {
                leave_for_sign_in();
            }
        })));
        self.watch_life(driver);
        self.watch_program();
        self.keep_walk();
        self.keep_folded();
    }

    /// A card that was folded stays folded when a page is loaded.
    fn keep_folded(self) {
        let kept = keep::under_way(FOLDED).and_then(|text| text.parse().ok());
        if kept.is_some() {
            self.folded().set(kept);
        }
        effect_after(move |before: Option<()>| {
            let folded = self.folded().get().map(|episode| episode.to_string());
            if before.is_some() {
                keep::keep_under_way(FOLDED, folded.as_deref());
            }
        });
    }

    /// A walk that began on a page of forms, or before this page was loaded again, goes on.
    fn take_up_walk(self) {
        let kept = keep::under_way(WALK).and_then(|text| Walk::from_text(&text));
        let room = self.place().get_untracked().room();
        let walk = kept.filter(|walk| walk.here() == room);
        if walk.is_none() {
            keep::keep_under_way(WALK, None);
        }
        self.walk().set(walk);
    }

    fn keep_walk(self) {
        effect_after(move |before: Option<()>| {
            let text = self.walk().with(|walk| walk.as_ref().map(Walk::to_text));
            // On a page of forms there is none, and the one that was kept is still under way.
            if before.is_some() || text.is_some() {
                keep::keep_under_way(WALK, text.as_deref());
            }
        });
    }

    /// Other tabs of this browser must not go on as somebody who left.
    fn say_signed_out(self) {
        self.others().with_value(|others| {
            if let Some(others) = others {
                others.say(SIGNED_OUT);
            }
        });
    }

    /// Sends the form of signing out once what was read has been acknowledged, or after a second
    /// without that.
    fn sign_out(self, form: HtmlFormElement) {
        self.send_read();
        let leave = move || {
            unload::signs_out(move || self.say_signed_out());
            // Refused only for a form that is on no page any more.
            drop(form.submit());
        };
        self.when_read_is_sent(SIGN_OUT_LOOKS_MAX, leave);
    }

    fn when_read_is_sent(self, looks: u32, then: impl FnOnce() + 'static) {
        if looks == 0 || self.read(Tab::is_read_sent) {
            return then();
        }
        timer::after(SIGN_OUT_LOOK_EVERY_MS, move || self.when_read_is_sent(looks - 1, then)).forget();
    }

    /// Of several tabs of a browser, the visible one has the card.
    fn watch_card_lock(self) {
        let has_it = Rc::new(Cell::new(false));
        let having = Rc::clone(&has_it);
        let lock = tabs::Lock::new(CARD_LOCK, move |had| {
            having.set(had);
            self.has_card_lock().try_set(had);
        });
        lock.want(page::is_visible());
        // The page came with its card; if the lock is not had soon, another tab shows it.
        timer::after(LOCK_PATIENCE_MS, move || {
            self.has_card_lock().try_set(has_it.get());
        })
        .forget();
        life::watch(move |life| match life {
            Life::Visible | Life::Hidden | Life::Focus | Life::Back => lock.want(page::is_visible()),
            Life::Leaving => lock.want(false),
            Life::Walked | Life::Online | Life::Offline | Life::Input => {}
        });
    }

    fn watch_life(self, driver: Driver) {
        life::watch(move |life| {
            // Before the tab gives up its socket.
            if matches!(life, Life::Visible | Life::Hidden | Life::Focus | Life::Leaving) {
                self.tell_displayed();
            }
            driver.live(life);
            if life == Life::Walked
                && let Some(place) = Place::parse(&page::path())
            {
                self.show(place);
            }
        });
    }

    fn watch_program(self) {
        let look = move || {
            self.installable().try_set(program::installable());
            self.updated().try_set(program::updated());
        };
        look();
        program::on_change(look);
    }

    fn told(self, effect: Effect) {
        match effect {
            Effect::Changed(changed) => self.changed(&changed),
            Effect::GoToSignIn => {
                self.say_signed_out();
                leave_for_sign_in();
            }
            Effect::NotQueued { room, body, problem } => {
                self.returned().try_set(Some((room, body, problem)));
            }
            Effect::EditNotQueued {
                room,
                target,
                revision,
                body,
                problem,
            } => {
                let me = self.my_id();
                let seq = self.read(|tab| {
                    let message = tab.timeline(room)?.keyed(me, target.key)?;
                    Some(message.seq)
                });
                self.editing().try_set(Some(Editing {
                    room,
                    seq: seq.unwrap_or(Seq::ZERO),
                    target,
                    revision,
                    text: body,
                    problem: Some(problem),
                    from_row: false,
                }));
            }
            Effect::Settled {
                outcome: Err(problem), ..
            } => self.announce(words::problem(&problem)),
            // The driver carries the others out itself.
            _ => {}
        }
    }

    fn changed(self, changed: &Changed) {
        self.last_now().try_set_value(clock::now());
        if let (true, Some(me)) = (changed.me, self.read(|tab| tab.me().cloned())) {
            self.own_me().try_set_value(me);
        }
        if changed.restored {
            self.restored().try_set(true);
        }
        let Revisions {
            rooms,
            timeline,
            connection,
            card,
            people,
        } = self.revisions();
        let open = self.place().try_get_untracked().and_then(Place::room);
        let is_heard = open.is_some_and(|room| changed.timelines.contains(&room));
        // Of what is said where one looks the list of rooms says nothing new; that the room is gone it
        // says first, and what a catch-up brings is of other rooms as well.
        let is_said_here = is_heard && changed.timelines.len() == 1 && !changed.me;
        let is_told_later = is_said_here && page::is_visible() && self.has_room(open);
        if changed.rooms && is_told_later {
            self.rooms_later()
                .with_value(|later| later.ask(Box::new(move || raise(rooms))));
        }
        for (is, revision) in [
            ((changed.rooms || changed.me) && !is_told_later, rooms),
            (is_heard, timeline),
            (changed.connection, connection),
            (changed.card, card),
            (changed.people || changed.me, people),
        ] {
            if is {
                raise(revision);
            }
        }
    }
}

fn raise(revision: RwSignal<u32>) {
    // A page that is going away has no signals left.
    revision.try_update(|times| *times = times.wrapping_add(1));
}

/// Nothing of the one who left may stay on the screen. What they typed stays in this tab,
/// for them alone.
fn leave_for_sign_in() {
    unload::reloads();
    page::go(&[SIGN_IN_PATH, &page::path()].concat());
}
