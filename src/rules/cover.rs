//! What lies behind something else on the screen.

/// A rectangle on the screen, in CSS pixels from the upper left corner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rect {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

/// Rectangles that touch by less than this overlap by rounding, or by an empty edge.
const TOUCH_MAX_PX: f64 = 2.0;

/// True if any part of a row lies behind the cover. A row of which some words cannot be
/// seen was not read.
pub fn is_covered(row: Rect, cover: Rect) -> bool {
    let width = row.right.min(cover.right) - row.left.max(cover.left);
    let height = row.bottom.min(cover.bottom) - row.top.max(cover.top);
    width > TOUCH_MAX_PX && height > TOUCH_MAX_PX
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rect(left: f64, top: f64, right: f64, bottom: f64) -> Rect {
        Rect {
            left,
            top,
            right,
            bottom,
        }
    }

    /// Over the lower right part of the log, as on a wide screen.
    const CARD: (f64, f64, f64, f64) = (600.0, 400.0, 1_000.0, 700.0);

    #[test]
    fn row_is_covered_when_some_of_it_is_behind_the_card() {
        let card = rect(CARD.0, CARD.1, CARD.2, CARD.3);
        let row = |top: f64, bottom: f64| rect(280.0, top, 1_000.0, bottom);
        assert!(is_covered(row(500.0, 540.0), card), "beside it as well");
        assert!(is_covered(row(380.0, 420.0), card), "half of it");
        assert!(is_covered(row(0.0, 2_000.0), card), "higher than the card");
        assert!(!is_covered(row(300.0, 340.0), card), "above it");
        assert!(!is_covered(row(360.0, 401.0), card), "touched by its edge");
        assert!(!is_covered(rect(0.0, 500.0, 590.0, 540.0), card), "left of it");
    }

    #[test]
    fn card_without_a_size_covers_nothing() {
        let hidden = rect(0.0, 0.0, 0.0, 0.0);
        assert!(!is_covered(rect(0.0, 0.0, 400.0, 40.0), hidden));
    }
}
