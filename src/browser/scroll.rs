//! Where a list stands. Rows come above and below while people read; the row
//! they look at must not move. The browser's own anchoring is off: not every
//! browser has it, and two correctors fight.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, ScrollIntoViewOptions, ScrollLogicalPosition};

/// Nearer to the end than this means: at the end.
const NEAR_END_PX: i32 = 80;
/// Nearer to an edge than so many hundredths of the window, more rows are to be drawn.
const NEAR_EDGE_PERCENT: i32 = 150;
/// On a list that is put where it belongs by us; before, it opens at its end by its style.
const HELD: &str = "data-held";
/// On a list that somebody moved before the program had come (boot.js).
const STEERED: &str = "data-steered";
/// How far below the upper edge the divider lands, in hundredths of the window.
pub const DIVIDER_AT_PERCENT: i32 = 25;
/// Where an entry lands that was asked for.
pub const FOUND_AT_PERCENT: i32 = 40;

/// The first row in view and how far below the upper edge it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    id: String,
    top: i32,
}

impl Anchor {
    pub fn id(&self) -> &str {
        &self.id
    }
}

/// The rows' measures, as far as decisions need them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measures {
    pub scrolled: i32,
    pub window: i32,
    pub whole: i32,
}

impl Measures {
    pub fn of(list: &Element) -> Self {
        Self {
            scrolled: list.scroll_top(),
            window: list.client_height(),
            whole: list.scroll_height(),
        }
    }

    pub fn is_at_end(self) -> bool {
        self.whole - self.window - self.scrolled <= NEAR_END_PX
    }

    pub fn is_near_edge(self) -> bool {
        let below = self.whole - self.window - self.scrolled;
        self.scrolled.min(below) < self.window * NEAR_EDGE_PERCENT / 100
    }

    /// Where to scroll so that a row at `top` stands `percent` of the window down.
    pub fn landing(self, top: i32, percent: i32) -> i32 {
        let wanted = top - self.window * percent / 100;
        wanted.clamp(0, (self.whole - self.window).max(0))
    }
}

/// How far to scroll so that a row that moved stands where it stood.
pub fn correction(stood: i32, stands: i32) -> i32 {
    stands - stood
}

/// The row that must not move: the first whose lower edge is in view.
pub fn anchor(list: &Element) -> Option<Anchor> {
    let edge = list.scroll_top();
    let rows = list.first_element_child()?.children();
    // Messages follow each other downwards, so the first in view is found by halves.
    // Other rows are passed over: days stick to the edge, gaps come and go. But what a gap
    // hides is filled in below a divider that one looks at, not above it.
    let message_from = |from: u32, to: u32| {
        let mut rows = (from..to).filter_map(|at| Some((at, html(rows.item(at)?)?)));
        rows.find(|(_, row)| row.id().starts_with("m-") || is_above_gap(row))
    };
    let (mut low, mut high) = (0, rows.length());
    while low < high {
        let middle = u32::midpoint(low, high);
        match message_from(middle, high) {
            Some((at, row)) if row.offset_top() + row.offset_height() <= edge => low = at + 1,
            _ => high = middle,
        }
    }
    let (_, row) = message_from(low, rows.length())?;
    Some(Anchor {
        id: row.id(),
        top: row.offset_top() - edge,
    })
}

fn is_above_gap(row: &HtmlElement) -> bool {
    let next = row.next_element_sibling();
    !row.id().is_empty() && next.is_some_and(|next| next.class_name() == "gap")
}

/// Puts the row back where it stood.
pub fn restore(list: &Element, anchor: &Anchor) {
    let Some(row) = list
        .owner_document()
        .and_then(|document| document.get_element_by_id(&anchor.id))
        .and_then(html)
    else {
        return;
    };
    let edge = list.scroll_top();
    let moved = correction(anchor.top, row.offset_top() - edge);
    if moved != 0 {
        list.set_scroll_top(edge + moved);
    }
}

/// From here on the list stands where it is put. True if somebody has moved it before: then it stays where
/// they see it, which one that is turned round (log.css) counts from its end.
pub fn hold(list: &Element, column: &Element) -> bool {
    let bottom = |element: &Element| element.get_bounding_client_rect().bottom();
    let below = list.has_attribute(STEERED).then(|| bottom(column) - bottom(list));
    // Refused only for a name that no attribute can have.
    drop(list.set_attribute(HELD, ""));
    let Some(below) = below else { return false };
    let Measures { window, whole, .. } = Measures::of(list);
    #[expect(clippy::cast_possible_truncation, reason = "pixels of a page")]
    list.set_scroll_top(whole - window - below.round() as i32);
    true
}

pub fn to_end(list: &Element) {
    list.set_scroll_top(list.scroll_height());
}

/// Lands at a row; false if it is not there.
pub fn land(list: &Element, row: Option<Element>, percent: i32) -> bool {
    let Some(row) = row.and_then(html) else { return false };
    list.set_scroll_top(Measures::of(list).landing(row.offset_top(), percent));
    true
}

/// The messages of a list, from old to new.
pub fn rows(list: &Element) -> Vec<HtmlElement> {
    let Ok(found) = list.query_selector_all("article") else {
        return vec![];
    };
    (0..found.length())
        .filter_map(|at| found.item(at)?.dyn_into().ok())
        .collect()
}

/// Scrolls no further than needed, and leaves what sticks to the edges free.
pub fn into_view(row: &Element) {
    let options = ScrollIntoViewOptions::new();
    options.set_block(ScrollLogicalPosition::Nearest);
    row.scroll_into_view_with_scroll_into_view_options(&options);
}

pub fn begins_above(list: &Element, row: &Element) -> bool {
    row.get_bounding_client_rect().top() < list.get_bounding_client_rect().top()
}

pub fn ends_below(list: &Element, row: &Element) -> bool {
    row.get_bounding_client_rect().bottom() > list.get_bounding_client_rect().bottom() + 1.0
}

/// There is more of the list above the row than below it.
pub fn is_low(list: &Element, row: &Element) -> bool {
    let (list, row) = (list.get_bounding_client_rect(), row.get_bounding_client_rect());
    row.top() - list.top() > list.bottom() - row.bottom()
}

fn html(element: Element) -> Option<HtmlElement> {
    element.dyn_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: Measures = Measures {
        scrolled: 500,
        window: 400,
        whole: 1_000,
    };

    #[test]
    fn near_the_end_is_the_end() {
        assert!(LIST.scrolled_to(600).is_at_end());
        assert!(LIST.scrolled_to(520).is_at_end());
        assert!(!LIST.scrolled_to(519).is_at_end());
        let short = Measures {
            scrolled: 0,
            window: 400,
            whole: 300,
        };
        assert!(short.is_at_end(), "a list that fits is always at its end");
    }

    #[test]
    fn within_a_screen_and_a_half_of_an_edge_more_is_drawn() {
        let long = Measures { whole: 3_000, ..LIST };
        assert!(long.scrolled_to(599).is_near_edge());
        assert!(!long.scrolled_to(600).is_near_edge() && !long.scrolled_to(2_000).is_near_edge());
        assert!(long.scrolled_to(2_001).is_near_edge());
    }

    #[test]
    fn the_divider_lands_with_a_quarter_of_context_above() {
        assert_eq!(LIST.landing(700, DIVIDER_AT_PERCENT), 600);
        assert_eq!(LIST.landing(500, DIVIDER_AT_PERCENT), 400);
        assert_eq!(LIST.landing(50, DIVIDER_AT_PERCENT), 0, "no further than the beginning");
        assert_eq!(LIST.landing(990, DIVIDER_AT_PERCENT), 600, "no further than the end");
    }

    #[test]
    fn rows_above_push_and_the_correction_pulls() {
        let (before, pushed_by) = (120, 2_000);
        assert_eq!(correction(before, before + pushed_by), pushed_by);
        assert_eq!(correction(before, before), 0);
    }

    impl Measures {
        fn scrolled_to(self, scrolled: i32) -> Self {
            Self { scrolled, ..self }
        }
    }
}
