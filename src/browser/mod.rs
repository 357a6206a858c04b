//! The browser's own doors, and nothing else: no decision is taken here and no
//! element is drawn. It compiles on the server too, where nothing calls it.

pub mod chance;
pub mod clock;
pub mod driver;
pub mod fetch;
pub mod keep;
pub mod life;
pub mod listen;
pub mod page;
pub mod program;
pub mod scroll;
pub mod socket;
pub mod tabs;
pub mod timer;
pub mod unload;
pub mod watch;
