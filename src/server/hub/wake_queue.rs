//! Wake queue: connections with something to send that have not been woken yet.
//!
//! A message to a thousand gives a thousand connections something to send. If all of them
//! were woken at once, whatever comes next would stand behind their writes: the next
//! message's reading, its commit's way to the hub, each for the time of a whole round. They
//! are woken some at a time, in order, and between two times the runtime polls its sockets
//! and every other task has a turn. What is published meanwhile is written by the same wake,
//! and a connection that was woken stands last again: a busy hub goes round and round, and a
//! message waits for one round at most.

use super::subscription::Subscription;
use std::{collections::VecDeque, sync::Arc};

/// Connections woken at a time. Their writes take a fifth of a millisecond.
const WOKEN_AT_ONCE: usize = 32;

/// Each connection stands here once at most.
#[derive(Default)]
pub struct WakeQueue(VecDeque<Arc<Subscription>>);

impl WakeQueue {
    pub fn push(&mut self, subscription: &Arc<Subscription>) {
        self.0.push_back(subscription.clone());
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Wakes those that have waited longest.
    pub fn wake_some(&mut self) {
        let some = self.0.len().min(WOKEN_AT_ONCE);
        self.0.drain(..some).for_each(|subscription| subscription.wake());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{server::hub::Next, wire::level::Level};
    use axum::body::Bytes;
    use futures_util::FutureExt;

    #[test]
    fn connections_are_woken_in_order_and_once_for_all_that_came() {
        let subscriptions: Vec<_> = (0..=WOKEN_AT_ONCE)
            .map(|_| Arc::new(Subscription::of(Level::CURRENT)))
            .collect();
        let mut queue = WakeQueue::default();
        for frame in [&b"one"[..], b"two"] {
            for subscription in &subscriptions {
                if subscription.reply(Bytes::from_static(frame)) {
                    queue.push(subscription);
                }
            }
        }
        assert_eq!(queue.0.len(), subscriptions.len());
        queue.wake_some();
        let (woken, last) = subscriptions.split_at(WOKEN_AT_ONCE);
        assert!(Arc::ptr_eq(&queue.0[0], &last[0]));
        for subscription in woken {
            assert!(subscription.ready().now_or_never().is_some());
            assert!(matches!(subscription.next(), Next::Frame(_)));
            assert!(matches!(subscription.next(), Next::Frame(_)));
            assert_eq!(subscription.next(), Next::Wait);
        }
        queue.wake_some();
        assert!(queue.is_empty());
    }
}
