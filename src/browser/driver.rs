//! Carries out what a tab decides: opens its socket, asks its questions, wakes
//! it, and tells the screen what to draw anew. It decides nothing itself.

use super::{
    chance, clock, fetch, keep,
    life::Life,
    page,
    socket::{Heard, Socket},
    timer,
    unload::{self, Unsent},
};
use crate::{
    client::{Effect, Env, FetchId, Generation, Input, Tab},
    wire::fetch::Ask,
};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::{Arc, Mutex, PoisonError},
};

const SOCKET_PATH: &str = "/ws";
/// The longest a browser's timer can wait.
const LONGEST_WAIT_MS: u64 = 1 << 30;

/// Shared with whoever draws.
pub type SharedTab = Arc<Mutex<Tab>>;

/// Runs for as long as the page lives.
#[derive(Clone)]
pub struct Driver(Rc<Inner>);

struct Inner {
    tab: SharedTab,
    /// Hears effects that concern the screen.
    told: Box<dyn Fn(Effect)>,
    generation: Cell<Generation>,
    socket: RefCell<Option<Socket>>,
    /// The socket was never open, or its end was heard of.
    ended: Cell<bool>,
    /// The last socket died without a word, and nothing was heard since.
    was_silent: Cell<bool>,
    opening: RefCell<Option<timer::Timeout>>,
    waking: RefCell<Option<timer::Timeout>>,
}

impl Driver {
    /// Connects the tab to the browser.
    pub fn start(tab: SharedTab, told: impl Fn(Effect) + 'static) -> Self {
        let driver = Self(Rc::new(Inner {
            tab,
            told: Box::new(told),
            generation: Cell::new(0),
            socket: RefCell::new(None),
            ended: Cell::new(true),
            was_silent: Cell::new(false),
            opening: RefCell::new(None),
            waking: RefCell::new(None),
        }));
        driver.step(Input::Start {
            device: keep::device(),
            visible: page::is_visible(),
        });
        driver
    }

    /// Tells the tab what happened to the page.
    pub fn live(&self, life: Life) {
        if let Some(input) = input_of(life) {
            self.step(input);
        }
    }

    /// Tells the tab what happened and does what it answers.
    pub fn step(&self, input: Input) {
        let now = clock::now();
        let (effects, wake_after, unsent) = {
            let mut tab = self.0.tab.lock().unwrap_or_else(PoisonError::into_inner);
            let mut env = Env {
                now,
                random: &mut chance::number,
            };
            let effects = tab.step(&mut env, input);
            (effects, tab.wake_after(), unsent_of(&tab))
        };
        unload::set_unsent(unsent);
        for effect in effects {
            self.carry_out(effect);
        }
        let driver = self.clone();
        let waking = timer::after(wait(wake_after.0), move || driver.step(Input::Tick));
        self.0.waking.replace(Some(waking));
    }

    fn carry_out(&self, effect: Effect) {
        match effect {
            Effect::OpenSocket { generation, after } => self.open_after(generation, wait(after.0)),
            Effect::CloseSocket => {
                self.0.opening.replace(None);
                self.give_up();
            }
            Effect::SendFrame { generation, bytes } => {
                if generation == self.0.generation.get()
                    && let Some(socket) = &*self.0.socket.borrow()
                {
                    socket.send(&bytes);
                }
            }
            Effect::Fetch { fetch, ask } => self.fetch(fetch, ask),
            Effect::FetchKeepalive { ask } => fetch::ask_keepalive(ask),
            told => (self.0.told)(told),
        }
    }

    fn give_up(&self) {
        // Nothing was heard of its end: what else was open may be as dead.
        if self.0.socket.replace(None).is_some() && !self.0.ended.replace(true) {
            self.0.was_silent.set(true);
        }
    }

    fn open_after(&self, generation: Generation, ms: u32) {
        self.give_up();
        self.0.generation.set(generation);
        let driver = self.clone();
        let opening = timer::after(ms, move || driver.open(generation));
        self.0.opening.replace(Some(opening));
    }

    fn open(&self, generation: Generation) {
        let driver = self.clone();
        let socket = Socket::open(SOCKET_PATH, move |heard| {
            driver.step(match heard {
                Heard::Opened => {
                    driver.0.ended.set(false);
                    Input::SocketOpened { generation }
                }
                Heard::Frame(bytes) => Input::SocketFrame { generation, bytes },
                Heard::Closed(code) => {
                    driver.0.ended.set(true);
                    Input::SocketClosed { generation, code }
                }
            });
        });
        self.0.socket.replace(Some(socket));
    }

    fn fetch(&self, fetch: FetchId, ask: Ask) {
        let driver = self.clone();
        wasm_bindgen_futures::spawn_local(async move {
            let answer = if driver.0.was_silent.get() {
                fetch::ask_over_dead_wires(&ask).await
            } else {
                fetch::ask(&ask).await
            };
            if answer.is_ok() {
                driver.0.was_silent.set(false);
            }
            driver.step(Input::Fetched { fetch, answer });
        });
    }
}

fn unsent_of(tab: &Tab) -> Unsent {
    match (tab.has_unsent(), tab.unsent_outlives_page()) {
        (false, _) => Unsent::Nothing,
        (true, true) => Unsent::OutlivesPage,
        (true, false) => Unsent::GoesWithPage,
    }
}

fn wait(ms: u64) -> u32 {
    u32::try_from(ms.min(LONGEST_WAIT_MS)).unwrap_or(u32::MAX)
}

fn input_of(life: Life) -> Option<Input> {
    Some(match life {
        Life::Visible => Input::Shown,
        Life::Hidden => Input::Hidden,
        Life::Online => Input::Online,
        Life::Offline => Input::Offline,
        Life::Leaving => Input::Suspended,
        Life::Back => Input::Resumed,
        Life::Input => Input::Touched,
        Life::Focus | Life::Walked => return None,
    })
}
