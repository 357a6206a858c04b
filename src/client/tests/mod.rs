//! Stories of tabs, told against a plain model of a server: what the wire says a
//! server answers, and nothing of how ours does it.

mod always;
mod away;
mod changing;
mod coming_back;
mod drawing;
mod every_change;
mod kept;
mod keyless;
mod model;
mod newer;
mod odd_turns;
mod outbox;
mod reading;
mod rows;
mod unseen;
mod window;
mod wire_life;
mod world;
