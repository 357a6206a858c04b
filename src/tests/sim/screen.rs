//! The log as a window shows it, with the away card over it.
//!
//! Heights and edges are whole steps, so that what is visible is plain arithmetic here, and
//! the rules of the product are judged by it.

use super::dice::mix;
use crate::{
    client::{READ_AFTER, Reading, Row},
    rules::{
        away::{Card, Form},
        cover::Rect,
    },
    wire::{Message, Millis, Ordinal},
};
use std::{ops::Range, sync::Arc};

const STEP_PX: f64 = 20.0;
const LOG_STEPS: u32 = 36;
const LOG_LEFT_PX: f64 = 280.0;
const LOG_RIGHT_PX: f64 = 1_280.0;
/// The card lies in the lower right corner.
const CARD_LEFT_PX: f64 = 880.0;
const CARD_STEPS: u32 = 14;
const CARD_LINE_STEPS: u32 = 3;
/// Messages take one step to this many.
const ROW_STEPS_MAX: u64 = 6;

pub struct Screen {
    /// In view, from old to new.
    rows: Vec<(Arc<Message>, Range<u32>)>,
    card: Option<Range<u32>>,
}

impl Screen {
    /// These rows, the last of them at the lower edge, as many as there is room for.
    pub fn of(drawn: &[Row], card: Option<&Card>) -> Self {
        let mut rows = Vec::new();
        let mut bottom = LOG_STEPS;
        for row in drawn.iter().rev() {
            let Some(top) = bottom.checked_sub(steps_of(row)) else {
                break;
            };
            if let Row::Message { message, .. } = row {
                rows.push((Arc::clone(message), top..bottom));
            }
            bottom = top;
        }
        rows.reverse();
        let card = card.map(|card| match card.form {
            Form::Full => LOG_STEPS - CARD_STEPS..LOG_STEPS,
            Form::Line => LOG_STEPS - CARD_LINE_STEPS..LOG_STEPS,
        });
        Self { rows, card }
    }

    /// Messages that can be read whole.
    pub fn visible(&self) -> Vec<Arc<Message>> {
        let rows = self.rows.iter().filter(|(_, at)| !self.is_behind_card(at));
        rows.map(|(message, _)| Arc::clone(message)).collect()
    }

    pub fn covers_something(&self) -> bool {
        self.rows.iter().any(|(_, at)| self.is_behind_card(at))
    }

    fn is_behind_card(&self, at: &Range<u32>) -> bool {
        let card = self.card.as_ref();
        card.is_some_and(|card| at.start < card.end && card.start < at.end)
    }

    /// What the product takes for displayed once the rows have been there for long enough.
    pub fn displayed(&self) -> Vec<(Ordinal, Ordinal)> {
        let mut reading = Reading::default();
        for (message, _) in &self.rows {
            reading.came(message.ordinal, Millis::ZERO);
        }
        let covers = self.card.as_ref().map(|at| rect(CARD_LEFT_PX, at));
        let rect_of = |ordinal: Ordinal| {
            let mut rows = self.rows.iter();
            let row = rows.find(|(message, _)| message.ordinal == ordinal);
            row.map(|(_, at)| rect(LOG_LEFT_PX, at))
        };
        let window = rect(LOG_LEFT_PX, &(0..LOG_STEPS));
        reading.displayed_beside(Ordinal::ZERO, covers.as_slice(), window, rect_of, READ_AFTER)
    }
}

fn rect(left: f64, at: &Range<u32>) -> Rect {
    Rect {
        left,
        top: f64::from(at.start) * STEP_PX,
        right: LOG_RIGHT_PX,
        bottom: f64::from(at.end) * STEP_PX,
    }
}

fn steps_of(row: &Row) -> u32 {
    match row {
        Row::Message { message, .. } => {
            let steps = 1 + mix(message.ordinal.0) % ROW_STEPS_MAX;
            u32::try_from(steps).expect("a few steps")
        }
        Row::Pending { .. } => 2,
        Row::Day(_) | Row::New | Row::Note { .. } | Row::Gap { .. } | Row::Older { .. } => 1,
    }
}
