//! "I hold this; what is new?"

use super::{faces::faces, page::newest_in, range::delta_in, recent::Place, sql};
use crate::{
    server::{app::App, error::Result, messages::counts_of, rooms, sessions::Signed},
    wire::{
        DirectorySeq, Enveloped, Epoch, Person, RoomId, UserId, UserSeq,
        envelope::encoded_len,
        fetch::{CatchUp, CaughtUp, Have, News, RoomAnswer, Want},
        limits::{ANSWER_MAX_BYTES, CATCH_UP_MAX_ROOMS, DELTA_MAX_ENTRIES, DIRECTORY_PAGE_SIZE, USER_LOG_PAGE_SIZE},
        user_log::{UserItem, UserValue},
    },
};
use sqlx::SqliteConnection;
use std::collections::{BTreeSet, HashMap, HashSet};

/// Faces of one answer beside those of its directory and its rows.
const FACES_MAX: usize = 500;
/// What they may take of the answer.
const FACES_MAX_BYTES: usize = 192 * 1024;
/// Members that a reader is shown of a room where they did not see who came. All others come with
/// the rows they stand beside.
const NEW_ROOM_MAX_FACES: u32 = 200;

/// Pages of the user log in the answer that a web page is drawn from, whatever the number of its
/// rooms: the log keeps a marker for each room that was left as well. None may be missing, because
/// the newest values are last, those of the away card among them.
const FIRST_ANSWER_MIN_LOG_PAGES: u32 = 10;

/// What one answer holds, at most.
#[derive(Clone, Copy)]
struct Bounds {
    rooms: usize,
    /// Values of the user log, and people of the directory.
    items: u32,
    people: u32,
    faces: usize,
    bytes: usize,
}

impl Bounds {
    const ONE_ANSWER: Self = Self {
        rooms: CATCH_UP_MAX_ROOMS as usize,
        items: USER_LOG_PAGE_SIZE,
        people: DIRECTORY_PAGE_SIZE,
        faces: FACES_MAX,
        bytes: ANSWER_MAX_BYTES as usize,
    };

    /// A page is drawn from a single answer, with what as many answers hold as so many rooms take.
    fn of_page(rooms: usize) -> Self {
        let one = Self::ONE_ANSWER;
        let answers = rooms.div_ceil(one.rooms).max(1);
        let times = u32::try_from(answers).unwrap_or(u32::MAX);
        Self {
            rooms: one.rooms * answers,
            items: one.items.saturating_mul(times.max(FIRST_ANSWER_MIN_LOG_PAGES)),
            people: one.people.saturating_mul(times),
            faces: one.faces * answers,
            bytes: one.bytes * answers,
        }
    }
}

/// What the reader lacks, as of one moment. Rooms that would not fit are left out; the
/// first that is asked for always fits.
///
/// # Errors
/// Only faults: cursors of another epoch or from the future are answered with `Reset`,
/// rooms that are not the reader's with `Gone`.
pub async fn catch_up(app: &App, who: &Signed, ask: &CatchUp) -> Result<CaughtUp> {
    let mut read = app.store.read().await?;
    catch_up_in(app, &mut read, who, ask).await
}

/// [`catch_up`] in a transaction that is there already.
///
/// # Errors
/// As `catch_up`.
pub async fn catch_up_in(app: &App, conn: &mut SqliteConnection, who: &Signed, ask: &CatchUp) -> Result<CaughtUp> {
    answer(app, conn, who, ask, Bounds::ONE_ANSWER).await
}

/// The answer to a reader who holds nothing, for all rooms of a page. The user log and the directory
/// are read once, however many rooms there are.
///
/// # Errors
/// As `catch_up`.
pub async fn first_answer_in(
    app: &App,
    conn: &mut SqliteConnection,
    who: &Signed,
    rooms: Vec<Have>,
) -> Result<CaughtUp> {
    let bounds = Bounds::of_page(rooms.len());
    let ask = CatchUp {
        epoch: None,
        user: UserSeq::ZERO,
        directory: DirectorySeq::ZERO,
        rooms,
    };
    answer(app, conn, who, &ask, bounds).await
}

async fn answer(
    app: &App,
    conn: &mut SqliteConnection,
    who: &Signed,
    ask: &CatchUp,
    bounds: Bounds,
) -> Result<CaughtUp> {
    let epoch = app.store.epoch();
    let known = ask.epoch == Some(epoch);
    let cursors = if known {
        (ask.user, ask.directory)
    } else {
        Default::default()
    };
    let asked = asked_once(ask, known, bounds.rooms);
    let (user, directory) = cursors;
    let after = sql::After {
        user,
        directory,
        items_max: bounds.items,
        people_max: bounds.people,
    };
    let (logs, found) = find(conn, who, after, &asked).await?;
    let directory = logs.directory_head;
    let mut answer = without_rooms(conn, epoch, who.user(), logs).await?;
    let mut met = shown(&found);
    if cursors.1 > DirectorySeq::ZERO {
        // Who is new to a room, or did not see others come, shares it with people
        // whose last change was long ago.
        add_members(conn, &asked, &found, &mut met).await?;
    }
    answer_rooms(app, conn, directory, (&asked, found), &mut answer, bounds.bytes).await?;
    for person in told(&answer) {
        met.remove(&person.user);
    }
    let strangers = met.into_iter().take(bounds.faces).collect();
    answer.people.extend(faces(conn, &strangers).await?);
    Ok(answer)
}

/// Whose faces are in an answer already.
fn told(answer: &CaughtUp) -> impl Iterator<Item = &Person> {
    let beside_rows = answer.rooms.iter().flat_map(|room| match &room.news {
        News::Delta(_, delta) => &delta.people[..],
        News::Jump(_, page) | News::Reset(_, page) => &page.people[..],
        News::Same(_) | News::Summary(_) | News::Gone => &[],
    });
    answer.people.iter().chain(beside_rows)
}

/// The first rooms of a question, each once; without cursors if those are void.
fn asked_once(ask: &CatchUp, known: bool, rooms_max: usize) -> Vec<Have> {
    let mut seen = HashSet::new();
    ask.rooms
        .iter()
        .filter(|have| seen.insert(have.room))
        .take(rooms_max)
        .map(|have| Have {
            cursor: have.cursor.filter(|_| known),
            ..have.clone()
        })
        .collect()
}

/// An answer without rooms yet: what is new in the user log and in the directory.
async fn without_rooms(
    conn: &mut SqliteConnection,
    epoch: Epoch,
    user: UserId,
    mut logs: sql::Logs,
) -> Result<CaughtUp> {
    add_counts(conn, user, &mut logs.items).await?;
    let is_full = |length: usize, page_size: u32| length >= page_size as usize;
    let last_item = logs
        .items
        .last()
        .filter(|_| is_full(logs.items.len(), USER_LOG_PAGE_SIZE));
    let last_person = logs
        .people
        .last()
        .filter(|_| is_full(logs.people.len(), DIRECTORY_PAGE_SIZE));
    Ok(CaughtUp {
        epoch,
        user_to: last_item.map_or(logs.user_head, |last| last.useq),
        directory_to: last_person.map_or(logs.directory_head, |last| last.dseq),
        user: logs.items,
        people: logs.people,
        rooms: Vec::new(),
    })
}

/// A marker that moved on another device brings the counts that go with it.
async fn add_counts(conn: &mut SqliteConnection, user: UserId, items: &mut [UserItem]) -> Result<()> {
    let marked: Vec<RoomId> = items.iter().filter_map(marked_room).collect();
    if marked.is_empty() {
        return Ok(());
    }
    let counts = counts_of(conn, user, &marked).await?;
    for item in items {
        item.counts = marked_room(item).and_then(|room| counts.get(&room).copied());
    }
    Ok(())
}

fn marked_room(item: &UserItem) -> Option<RoomId> {
    match UserValue::unpack(&item.value) {
        Ok(UserValue::ReadMarker(read)) => Some(read.room),
        _ => None,
    }
}

type FoundRooms = HashMap<RoomId, rooms::Found>;

async fn find(
    conn: &mut SqliteConnection,
    who: &Signed,
    after: sql::After,
    asked: &[Have],
) -> Result<(sql::Logs, FoundRooms)> {
    let seqs: Vec<_> = asked
        .iter()
        .map(|have| (have.room, have.cursor.unwrap_or_default().seq))
        .collect();
    let (logs, rows) = sql::logs_and_rooms(conn, who.user(), after, &seqs).await?;
    let found = rooms::summaries(conn, who.user(), rows).await?;
    Ok((logs, found.into_iter().map(|found| (found.room, found)).collect()))
}

/// Whose names the summaries show.
fn shown(found: &FoundRooms) -> BTreeSet<UserId> {
    found
        .values()
        .flat_map(|found| {
            let summary = &found.summary;
            let shown = summary.preview.iter().chain(&summary.mention).chain(&summary.away);
            summary.meta.with.into_iter().chain(shown.map(|preview| preview.author))
        })
        .collect()
}

async fn add_members(
    conn: &mut SqliteConnection,
    asked: &[Have],
    found: &FoundRooms,
    met: &mut BTreeSet<UserId>,
) -> Result<()> {
    for have in asked {
        let Some(found) = found.get(&have.room) else { continue };
        let missed = found
            .summary
            .head
            .seq
            .0
            .saturating_sub(have.cursor.unwrap_or_default().seq.0);
        if missed > u64::from(DELTA_MAX_ENTRIES) || have.cursor.is_none() {
            met.extend(sql::members(conn, have.room, NEW_ROOM_MAX_FACES).await?);
        }
        if met.len() >= FACES_MAX {
            break;
        }
    }
    Ok(())
}

/// Answers the rooms in the order asked for as long as they fit.
async fn answer_rooms(
    app: &App,
    conn: &mut SqliteConnection,
    directory: DirectorySeq,
    (asked, mut found): (&[Have], FoundRooms),
    answer: &mut CaughtUp,
    max_bytes: usize,
) -> Result<()> {
    let mut bytes = encoded_len(answer) + FACES_MAX_BYTES;
    for have in asked {
        let news = match found.remove(&have.room) {
            Some(found) => news(app, conn, directory, have, found).await?,
            None => News::Gone,
        };
        let room = RoomAnswer { room: have.room, news };
        bytes += encoded_len(&room);
        if bytes > max_bytes && !answer.rooms.is_empty() {
            break;
        }
        answer.rooms.push(room);
    }
    Ok(())
}

async fn news(
    app: &App,
    conn: &mut SqliteConnection,
    directory: DirectorySeq,
    have: &Have,
    found: rooms::Found,
) -> Result<News> {
    let (head, summary) = (found.summary.head, found.summary);
    if have.cursor == Some(head) {
        return Ok(News::Same(summary));
    }
    if have.want == Want::Summary {
        return Ok(News::Summary(summary));
    }
    // A cursor is of this log if the log has its tail at its seq; the future has none.
    let cursor = have.cursor.filter(|cursor| Some(cursor.tail) == found.tail_at_asked);
    let Some(cursor) = cursor else {
        let page = newest_in(conn, have.room, head, summary.ordinal).await?;
        return Ok(News::Reset(summary, page));
    };
    let place = Place {
        room: have.room,
        after: cursor,
        head,
        directory,
    };
    if let Some(delta) = delta_in(app, conn, place).await? {
        return Ok(News::Delta(summary, delta));
    }
    let page = newest_in(conn, have.room, head, summary.ordinal).await?;
    Ok(News::Jump(summary, page))
}
