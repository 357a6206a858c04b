//! How much of a row is on screen, and what lies over it.

/// A rectangle on the screen, in CSS pixels from the upper left corner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rect {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Rect {
    fn height(self) -> f64 {
        self.bottom - self.top
    }

    /// What two rectangles share. Its width or height is negative where they are apart.
    fn within(self, other: Self) -> Self {
        Self {
            left: self.left.max(other.left),
            top: self.top.max(other.top),
            right: self.right.min(other.right),
            bottom: self.bottom.min(other.bottom),
        }
    }
}

/// Rectangles that touch by less than this overlap by rounding, or by an empty edge.
const TOUCH_MAX_PX: f64 = 2.0;
/// Of a row that never fits into the window, a cover may hide this much of what is on screen.
const HIDDEN_SHARE_MAX: f64 = 0.25;

/// True if this share of the row is in the window, or the row fills half of the window. A row
/// higher than two windows never shows its half.
pub fn is_in_view(row: Rect, window: Rect, share: f64) -> bool {
    let seen = row.within(window).height();
    seen >= row.height() * share || seen >= window.height() * 0.5
}

/// True if the row is higher than half of the window. It may fill half of the window before half of
/// the row is in view, so it has to be checked after every scroll.
pub fn is_tall(row: Rect, window: Rect) -> bool {
    row.height() > window.height() * 0.5
}

/// True if any part of a row lies behind the cover: a row of which some words are hidden was not
/// read. A row that does not fit into the window beside the cover always has some words behind it,
/// and others once it is scrolled. It is covered while much of what is on screen is hidden.
pub fn is_covered(row: Rect, window: Rect, cover: Rect) -> bool {
    let seen = row.within(window);
    let hidden = seen.within(cover);
    if hidden.right - hidden.left <= TOUCH_MAX_PX || hidden.height() <= TOUCH_MAX_PX {
        return false;
    }
    let fits = row.height() + cover.height() <= window.height();
    fits || hidden.height() > seen.height() * HIDDEN_SHARE_MAX
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
    const WINDOW: (f64, f64, f64, f64) = (280.0, 0.0, 1_000.0, 700.0);
    /// The button to the newest message, over the lower edge.
    const JUMP: (f64, f64, f64, f64) = (600.0, 640.0, 700.0, 676.0);

    fn of((left, top, right, bottom): (f64, f64, f64, f64)) -> Rect {
        rect(left, top, right, bottom)
    }

    fn row(top: f64, bottom: f64) -> Rect {
        rect(280.0, top, 1_000.0, bottom)
    }

    fn is_behind(row: Rect, cover: (f64, f64, f64, f64)) -> bool {
        is_covered(row, of(WINDOW), of(cover))
    }

    #[test]
    fn row_is_covered_when_some_of_it_is_behind_the_card() {
        assert!(is_behind(row(500.0, 540.0), CARD), "beside it as well");
        assert!(is_behind(row(380.0, 420.0), CARD), "half of it");
        assert!(is_behind(row(0.0, 2_000.0), CARD), "higher than the window");
        assert!(!is_behind(row(300.0, 340.0), CARD), "above it");
        assert!(!is_behind(row(360.0, 401.0), CARD), "touched by its edge");
        assert!(!is_behind(rect(0.0, 500.0, 590.0, 540.0), CARD), "left of it");
    }

    #[test]
    fn row_that_never_fits_is_not_covered_by_a_small_thing_over_it() {
        assert!(is_behind(row(100.0, 660.0), JUMP), "it can be scrolled free");
        assert!(!is_behind(row(100.0, 9_000.0), JUMP));
        assert!(!is_behind(row(-4_000.0, 660.0), JUMP));
        assert!(is_behind(row(600.0, 9_000.0), JUMP), "much of what is on screen");
    }

    #[test]
    fn row_outside_the_window_is_not_covered() {
        assert!(!is_behind(row(720.0, 760.0), (600.0, 400.0, 1_000.0, 800.0)));
    }

    #[test]
    fn row_is_in_view_by_its_half_or_by_half_of_the_window() {
        let is_in_view = |top: f64, bottom: f64| is_in_view(row(top, bottom), of(WINDOW), 0.5);
        assert!(is_in_view(-20.0, 20.0) && !is_in_view(-21.0, 19.0));
        assert!(is_in_view(350.0, 70_000.0) && !is_in_view(351.0, 70_000.0));
        assert!(is_in_view(-70_000.0, 350.0) && !is_in_view(-70_000.0, 349.0));
        assert!(!is_in_view(700.0, 740.0) && !is_in_view(-40.0, -1.0));
        assert!(is_tall(row(0.0, 351.0), of(WINDOW)) && !is_tall(row(0.0, 350.0), of(WINDOW)));
    }

    #[test]
    fn card_without_a_size_covers_nothing() {
        let hidden = rect(0.0, 0.0, 0.0, 0.0);
        assert!(!is_covered(rect(0.0, 0.0, 400.0, 40.0), of(WINDOW), hidden));
    }
}
