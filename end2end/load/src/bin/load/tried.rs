//! What was tried for figures that miss their goal. `docs/performance.md` has the numbers.

/// By how a figure's name begins.
const TRIED: [(&str, &str); 9] = [
    (
        "idle: memory",
        "no state of a connection's beginning, a read buffer of 512 bytes, small numbers for users and rooms, one \
         pointer to what requests share: 15.2 to 8.5 KB. Left: other allocators, which keep more",
    ),
    (
        "idle: CPU",
        "nothing more: one ping in 25 s and one look at the session in some minutes are all that is done",
    ),
    (
        "fan-out to 100: part",
        "one encoded frame for all, all ready frames in one write, no delay by the kernel. Left: giving up the core \
         after 32 writes, and waiting for more frames, both dearer",
    ),
    (
        "fan-out to 1000: p99",
        "32 woken at a time, one queue on one core, a thread for the writer, messages of one commit queued together, \
         halves of a connection looked at when called. Left: turns for others before each write, waiting up to 12 ms, \
         giving up the core after each write: no better, and messages dearer",
    ),
    (
        "direct, 256",
        "a constant number of statements a batch, one row for what it looks up, three pages of a room and its author \
         instead of five, checkpoints aside, a larger cache: 161 to some 65 µs. Left: fdatasync, which gains nothing",
    ),
    (
        "direct, one",
        "four ways to SQLite's thread a batch. Fewer would mix what fails before the commit with what fails in it",
    ),
    (
        "return: all",
        "the entries of a piece as one value, each of its messages as another, the faces with them: 75 to some 60 ms. \
         Left: what is missed is fetched a piece after another, so that an answer stays below 256 KiB",
    ),
    (
        "storm",
        "four ways to the store for who comes back instead of sixteen, what one missed kept for the others, rows as one \
         value, all crates optimised as one. Left: the questions of many as one statement, serving some at a time, two \
         readers, other allocators",
    ),
    (
        "start with",
        "pages read are kept in a cache of 2 MiB for each reader, opened when it is wanted. Left: a smaller cache for \
         the writer, which costs each message",
    ),
];

pub fn tried(figure: &str) -> Option<&'static str> {
    let (_, tried) = TRIED.iter().find(|(name, _)| figure.starts_with(name))?;
    Some(tried)
}
