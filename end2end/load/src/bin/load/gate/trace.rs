//! System calls in a log of `strace`, between the marks that a counting server leaves.

use crate::counted::MARK;
use std::path::Path;
use whilst_load::Result;

/// How many there were before the first mark, between each two of them, and after the last.
///
/// # Errors
/// Where the log cannot be read.
pub fn between_marks(log: &Path) -> Result<Vec<f64>> {
    let mark = format!("write(1, \"{MARK} ");
    let mut spans = vec![0.0];
    for line in std::fs::read_to_string(log)?.lines() {
        // "PID name(…". Where another thread's call came between, the second half of a
        // call says "<... name resumed>", and is no call of its own.
        let call = line.trim_start_matches(|letter: char| letter.is_ascii_digit());
        let call = call.trim_start();
        if call.starts_with(&mark) {
            spans.push(0.0);
        } else if call.starts_with(|letter: char| letter.is_ascii_lowercase())
            && let Some(span) = spans.last_mut()
        {
            *span += 1.0;
        }
    }
    Ok(spans)
}
