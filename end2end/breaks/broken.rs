//! Which break of this copy is chosen. Not a part of Whilst: `./test` puts this module into a
//! copy of the tree, beside the patches that ask it.

use std::{env, sync::OnceLock};

/// True where the process was started with this name in `CHOSEN_BREAK`. The name does not begin
/// with `WHILST_`, because a server refuses to start with a setting that it does not know.
///
/// The variable is read once, so that a call allocates nothing and hardly counts.
pub fn is(name: &str) -> bool {
    static CHOSEN: OnceLock<Option<String>> = OnceLock::new();
    CHOSEN.get_or_init(|| env::var("CHOSEN_BREAK").ok()).as_deref() == Some(name)
}
