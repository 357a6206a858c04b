//! New messages for those who listen, and their number for those who read
//! further up. History that is scrolled in is neither.

use crate::{
    browser::timer,
    ui::{
        desk::Desk,
        live::{effect, effect_after},
        words,
    },
    wire::{Message, RoomId, Seq, UserId},
};
use leptos::prelude::*;
use std::sync::Arc;

/// What comes within this is said as one.
const BATCH_MS: u32 = 1_000;

/// What is to be said of the messages that came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Batch {
    count: u32,
    last: Option<(UserId, String)>,
}

/// Compares what is there with what was there, for as long as the room is open. What is
/// said far below the window is news as well.
pub fn listen(desk: Desk, room: RoomId, at_end: RwSignal<bool>, new_below: RwSignal<u32>) {
    let me = desk.my_id();
    let batch = StoredValue::new(Batch::default());
    let timer = StoredValue::new_local(None::<timer::Timeout>);
    effect_after(move |newest: Option<Option<Seq>>| {
        let before = newest.flatten();
        let came = desk.came_after(room, before.unwrap_or_default());
        let head = came.first().map(|message| message.seq);
        // The first rows of a room are no news: they are what one came to read.
        if before.is_some() {
            let came = news(&came, me);
            if came.count > 0 {
                if !at_end.get_untracked() {
                    new_below.update(|below| *below = below.saturating_add(came.count));
                }
                batch.update_value(|batch| batch.add(came));
                if timer.with_value(Option::is_none) {
                    timer.set_value(Some(timer::after(BATCH_MS, move || {
                        timer.try_set_value(None);
                        if let Some(batch) = batch.try_update_value(std::mem::take) {
                            desk.announce(batch.said(|user| desk.name_now(user)));
                        }
                    })));
                }
            }
        }
        head.max(before)
    });
    effect(move || {
        if at_end.get() {
            new_below.set(0);
        }
    });
}

/// Of messages, the newest first.
fn news(came: &[Arc<Message>], me: UserId) -> Batch {
    let mut batch = Batch::default();
    for message in came {
        // What is gone before anybody heard of it is no news.
        if message.author != me && !message.is_deleted() {
            batch.count += 1;
            if batch.last.is_none() {
                batch.last = Some((message.author, message.text().to_owned()));
            }
        }
    }
    batch
}

impl Batch {
    fn add(&mut self, came: Self) {
        self.count = self.count.saturating_add(came.count);
        self.last = came.last.or_else(|| self.last.take());
    }

    fn said(self, name: impl Fn(UserId) -> String) -> String {
        match self.last {
            Some((author, words)) if self.count == 1 => words::said(&name(author), &words),
            _ => words::new_messages(self.count),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Body, ClientKey, Millis, Ordinal};

    fn came(count: u32, words: &str) -> Batch {
        Batch {
            count,
            last: Some((UserId::from_bytes([1; 16]), words.to_owned())),
        }
    }

    fn message(seq: u64, body: Option<&str>) -> Arc<Message> {
        let author = UserId::from_bytes([1; 16]);
        Arc::new(Message {
            ordinal: Ordinal(seq),
            seq: Seq(seq),
            revision: Seq(9),
            author,
            client_key: ClientKey::from_bytes([2; 16]),
            at: Millis(0),
            body: body.map(|body| Body::parse(body).unwrap()),
            mentions: vec![],
            edited_at: Some(Millis(1)),
            reactions: vec![],
        })
    }

    #[test]
    fn own_words_are_no_news_and_a_deleted_message_never_was() {
        let messages = [message(3, Some("new")), message(2, None)];
        assert_eq!(news(&messages, UserId::from_bytes([7; 16])), came(1, "new"));
        assert_eq!(news(&messages, UserId::from_bytes([1; 16])), Batch::default());
    }

    #[test]
    fn one_message_is_said_in_full_and_several_are_counted() {
        let name = |_| "Ada".to_owned();
        assert_eq!(came(1, "hello").said(name), "Ada: hello");
        let mut batch = came(1, "hello");
        batch.add(came(4, "you there?"));
        assert_eq!(batch.said(name), "5 new messages");
    }
}
