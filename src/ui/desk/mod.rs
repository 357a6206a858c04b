//! What every part of the screen shares: the tab, what of it was changed, and
//! where one is. Parts read through it and tell it what people do; it decides
//! nothing that the tab can decide.

mod act;
mod connect;
mod read;

use super::{
    page_data::{ChatPage, FormReply, Joinable},
    parts::Zone,
    place::Place,
    room::{Editing, Walk},
};
use crate::{
    browser::{
        driver::{Driver, SharedTab},
        tabs, timer,
    },
    client::{FirstPicture, MemoryStore, ROWS_BESIDE_MAX, Tab},
    wire::{ClientKey, EpisodeId, Millis, Ordinal, Problem, RoomId, Seq, fetch::News, person::Me},
};
use leptos::prelude::*;
use std::{
    rc::Rc,
    sync::{Arc, Mutex, PoisonError},
};

pub use crate::client::RoomLine;

/// A handle: every closure of the screen holds one.
#[derive(Clone, Copy)]
pub struct Desk(StoredValue<Parts>);

/// What is drawn anew when its number rises, by noun.
#[derive(Debug, Clone, Copy)]
struct Revisions {
    rooms: RwSignal<u32>,
    timeline: RwSignal<u32>,
    connection: RwSignal<u32>,
    card: RwSignal<u32>,
    people: RwSignal<u32>,
}

/// What the server's page has beside the picture.
#[derive(Default)]
struct PageExtras {
    joinable: Option<Joinable>,
    client_key: Option<ClientKey>,
    reply: Option<FormReply>,
}

/// Makes the desk's parts with a reading for each, so that a handle stays small.
macro_rules! parts {
    ($($(#[$doc:meta])* $vis:vis $name:ident: $type:ty,)+) => {
        #[derive(Clone, Copy)]
        struct Parts {
            $($name: $type,)+
        }

        impl Desk {
            $($(#[$doc])* $vis fn $name(self) -> $type {
                self.0.with_value(|parts| parts.$name)
            })+
        }
    };
}

parts! {
    tab: StoredValue<SharedTab>,
    driver: StoredValue<Option<Driver>, LocalStorage>,
    others: StoredValue<Option<tabs::Channel>, LocalStorage>,
    revisions: Revisions,
    own_me: StoredValue<Me>,
    /// Of the last change; on the server, of the picture.
    last_now: StoredValue<Millis>,
    pub zone: Zone,
    pub place: RwSignal<Place>,
    pub walk: RwSignal<Option<Walk>>,
    /// The walk goes on by one of its buttons, and the focus goes along.
    pub walk_has_focus: StoredValue<bool>,
    /// The entry that was asked for and is marked.
    pub found: RwSignal<Option<(RoomId, Seq)>>,
    /// A text that did not enter the outbox and belongs back into the box.
    pub returned: RwSignal<Option<(RoomId, String, Problem)>>,
    /// The message whose panel is open.
    pub menu: RwSignal<Option<(RoomId, Seq)>>,
    /// The message that is being written anew.
    pub editing: RwSignal<Option<Editing>>,
    /// Rises when the list is to stand at its end whatever was read before.
    pub to_end: RwSignal<u32>,
    /// Rises when the list is to land at the first unread message.
    pub to_unread: RwSignal<u32>,
    /// The first message that is on screen for longer than a glance, and its room.
    in_view: RwSignal<Option<(RoomId, Ordinal)>>,
    /// Tells the tab what the list on screen has displayed until now.
    reader: StoredValue<Option<Rc<dyn Fn()>>, LocalStorage>,
    pub announcement: RwSignal<String>,
    pub installable: RwSignal<bool>,
    pub updated: RwSignal<bool>,
    /// The server was restored from a backup, and nobody has put that away yet.
    pub restored: RwSignal<bool>,
    /// The absence whose card was folded in this tab.
    pub folded: RwSignal<Option<EpisodeId>>,
    /// The card lies over the page now, and what is behind it cannot be read.
    pub card_open: RwSignal<bool>,
    /// This tab is the one of its browser that shows the card.
    pub has_card_lock: RwSignal<bool>,
    /// The room of the page's address, if the server would not tell of it.
    gone: StoredValue<Option<RoomId>>,
    moved: StoredValue<bool>,
    /// The list of rooms, after what is heard in the one on the screen.
    rooms_later: StoredValue<Rc<timer::Later>, LocalStorage>,
    more_below: StoredValue<bool>,
    /// Rows that are drawn on each side of where the reader stands.
    rows_beside: StoredValue<usize>,
    page: StoredValue<PageExtras>,
}

impl Desk {
    /// A desk as it first looks, on both sides. Must run under a reactive owner.
    pub fn new(picture: FirstPicture) -> Self {
        Self::with(picture, PageExtras::default())
    }

    pub fn of_page(page: ChatPage) -> Self {
        let extras = PageExtras {
            joinable: page.joinable,
            client_key: Some(page.client_key),
            reply: page.reply,
        };
        Self::with(page.picture, extras)
    }

    fn with(picture: FirstPicture, extras: PageExtras) -> Self {
        let place = match (picture.open, picture.at) {
            (Some(room), Some(seq)) => Place::Entry(room, seq),
            (Some(room), None) => Place::Room(room),
            (None, _) => Place::Home,
        };
        let found = picture.open.zip(picture.at);
        let gone = picture.open.filter(|open| !is_told(&picture, *open));
        let (me, now) = (picture.me.clone(), picture.now);
        Self(StoredValue::new(Parts {
            tab: StoredValue::new(Arc::new(Mutex::new(Tab::from_first_picture(
                picture,
                Box::new(MemoryStore::default()),
            )))),
            driver: StoredValue::new_local(None),
            others: StoredValue::new_local(None),
            revisions: Revisions {
                rooms: RwSignal::new(0),
                timeline: RwSignal::new(0),
                connection: RwSignal::new(0),
                card: RwSignal::new(0),
                people: RwSignal::new(0),
            },
            own_me: StoredValue::new(me),
            last_now: StoredValue::new(now),
            zone: Zone::new(),
            place: RwSignal::new(place),
            walk: RwSignal::new(None),
            walk_has_focus: StoredValue::new(false),
            found: RwSignal::new(found),
            returned: RwSignal::new(None),
            menu: RwSignal::new(None),
            editing: RwSignal::new(None),
            to_end: RwSignal::new(0),
            to_unread: RwSignal::new(0),
            in_view: RwSignal::new(None),
            reader: StoredValue::new_local(None),
            announcement: RwSignal::new(String::new()),
            installable: RwSignal::new(false),
            updated: RwSignal::new(false),
            restored: RwSignal::new(false),
            // Without the program every page shows it.
            has_card_lock: RwSignal::new(true),
            folded: RwSignal::new(None),
            card_open: RwSignal::new(false),
            gone: StoredValue::new(gone),
            moved: StoredValue::new(false),
            rooms_later: StoredValue::new_local(Rc::default()),
            more_below: StoredValue::new(false),
            rows_beside: StoredValue::new(ROWS_BESIDE_MAX),
            page: StoredValue::new(extras),
        }))
    }

    fn read<T>(self, read: impl FnOnce(&Tab) -> T) -> T {
        self.tab()
            .with_value(|tab| read(&tab.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// True if the picture has something to tell of the room.
fn is_told(picture: &FirstPicture, room: RoomId) -> bool {
    let mut rooms = picture.caught_up.rooms.iter();
    rooms.any(|told| told.room == room && told.news != News::Gone)
}
