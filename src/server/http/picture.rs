//! The first picture of a page: what its reader would be told if they asked for
//! everything, with the page of the open room.

use crate::{
    server::{app::App, error::Result, messages, rooms, sessions::Signed},
    wire::{
        Ordinal, RoomId, Seq,
        fetch::{Around, CaughtUp, Have, History, News, Page, Want},
        first_picture::FirstPicture,
        limits::{PAGE_SIZE, UNREAD_BELOW},
    },
};
use sqlx::SqliteConnection;

/// All that a page of this reader is drawn from. `open` and `at` are those of its address.
pub async fn first_picture(app: &App, who: &Signed, open: Option<RoomId>, at: Option<Seq>) -> Result<FirstPicture> {
    let mut read = app.store.read().await?;
    first_picture_in(app, &mut read, who, (open, at)).await
}

/// [`first_picture`] in a transaction that is there already: everything in it is of one moment.
async fn first_picture_in(
    app: &App,
    conn: &mut SqliteConnection,
    who: &Signed,
    (open, at): (Option<RoomId>, Option<Seq>),
) -> Result<FirstPicture> {
    let heads = rooms::heads_for(conn, who.user()).await?;
    let mut wanted: Vec<Have> = open.map(|room| have(room, Want::Rows)).into_iter().collect();
    let others = heads.rooms.iter().map(|head| head.room);
    wanted.extend(
        others
            .filter(|room| Some(*room) != open)
            .map(|room| have(room, Want::Summary)),
    );
    let caught_up = messages::first_answer_in(app, conn, who, wanted).await?;
    let around = match (open, at) {
        (Some(room), Some(seq)) if may_see(&caught_up, room) => {
            Some(messages::around_in(conn, who, &Around { room, seq }).await?)
        }
        (Some(room), None) => first_unread_page(conn, who, &caught_up, room).await?,
        _ => None,
    };
    Ok(FirstPicture {
        now: app.ambience.now(),
        limits: (*app.limits).clone(),
        me: heads.me,
        caught_up,
        open,
        at,
        around,
    })
}

/// The page around the first unread message of the room, where its newest page begins later.
async fn first_unread_page(
    conn: &mut SqliteConnection,
    who: &Signed,
    caught_up: &CaughtUp,
    room: RoomId,
) -> Result<Option<Page>> {
    let answer = caught_up.rooms.iter().find(|answer| answer.room == room);
    let Some(News::Reset(summary, newest)) = answer.map(|answer| &answer.news) else {
        return Ok(None);
    };
    let read = summary.counts.marker.ordinal;
    if summary.counts.unread == 0 || newest.from <= read.next() {
        return Ok(None);
    }
    let until = |below: u32| History {
        room,
        before: Ordinal(read.0 + u64::from(below) + 1),
        limit: PAGE_SIZE,
    };
    let page = messages::history_in(conn, who, &until(UNREAD_BELOW)).await?;
    if page.from <= read.next() {
        return Ok(Some(page));
    }
    // Messages so long that their page begins after it: then it is the last of its page.
    messages::history_in(conn, who, &until(1)).await.map(Some)
}

/// True if the answer shows that the reader is in the room.
pub fn may_see(caught_up: &CaughtUp, room: RoomId) -> bool {
    caught_up
        .rooms
        .iter()
        .any(|answer| answer.room == room && !matches!(answer.news, News::Gone))
}

fn have(room: RoomId, want: Want) -> Have {
    Have {
        room,
        cursor: None,
        want,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        server::testing::House,
        wire::{
            DirectorySeq, UserSeq,
            fetch::CatchUp,
            limits::{BODY_MAX_BYTES, CATCH_UP_MAX_ROOMS},
        },
    };
    use sqlx::Connection;
    use std::sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    };

    const ROOMS: usize = 200;

    /// Ada with many rooms, each with a message that she has read and one of Bo that she has not.
    async fn many_rooms() -> (House, Signed, Vec<RoomId>) {
        let house = House::open().await;
        let (ada, bo) = (house.insert_person("ada").await, house.insert_person("bo").await);
        let mut made = Vec::new();
        for nth in 0..ROOMS {
            let room = house.open_room(&ada, &format!("room {nth}")).await;
            house.join(&bo, room).await;
            house.say(&bo, room, "hello @ada").await;
            made.push(room);
        }
        (house, ada, made)
    }

    /// Steps that SQLite takes for it, with nothing prepared before.
    async fn steps_of(house: &House, who: &Signed, open: Option<RoomId>) -> (u64, FirstPicture) {
        let mut read = house.app.store.read().await.unwrap();
        read.clear_cached_statements().await.unwrap();
        let steps = Arc::new(AtomicU64::new(0));
        let counter = steps.clone();
        read.lock_handle().await.unwrap().set_progress_handler(1, move || {
            counter.fetch_add(1, Ordering::Relaxed);
            true
        });
        let picture = first_picture_in(&house.app, &mut read, who, (open, None))
            .await
            .unwrap();
        read.lock_handle().await.unwrap().remove_progress_handler();
        (steps.load(Ordering::Relaxed), picture)
    }

    #[tokio::test]
    async fn the_page_of_a_room_holds_its_first_unread_message_however_many_follow() {
        for unread in [1_u64, 40, 60, 500] {
            let house = House::open().await;
            let (ada, bo) = (house.insert_person("ada").await, house.insert_person("bo").await);
            let room = house.open_room(&ada, "hall").await;
            house.join(&bo, room).await;
            let says = (0..unread).map(|_| house.say(&bo, room, "hello"));
            futures_util::future::join_all(says).await;
            let picture = first_picture(&house.app, &ada, Some(room), None).await.unwrap();
            let newest = picture.caught_up.rooms.iter().find_map(|answer| match &answer.news {
                News::Reset(_, page) => Some(page.clone()),
                _ => None,
            });
            let pages = newest.into_iter().chain(picture.around);
            let first = pages
                .flat_map(|page| page.messages)
                .map(|message| message.ordinal)
                .min();
            assert_eq!(first, Some(Ordinal(1)), "{unread}");
        }
    }

    #[tokio::test]
    async fn page_of_a_room_holds_its_first_unread_message_also_among_long_ones() {
        let house = House::open().await;
        let (ada, bo) = (house.insert_person("ada").await, house.insert_person("bo").await);
        let room = house.open_room(&ada, "hall").await;
        house.join(&bo, room).await;
        let long = "x".repeat(BODY_MAX_BYTES as usize);
        for _ in 0..100 {
            house.say(&bo, room, &long).await;
        }
        let picture = first_picture(&house.app, &ada, Some(room), None).await.unwrap();
        let page = picture.around.expect("the newest page begins later");
        assert!(page.messages.iter().any(|message| message.ordinal == Ordinal(1)));
    }

    #[tokio::test]
    async fn a_page_of_two_hundred_rooms_shows_what_catching_up_with_each_would() {
        let (house, ada, rooms) = many_rooms().await;
        let open = rooms[150];
        let picture = first_picture(&house.app, &ada, Some(open), None).await.unwrap();
        assert_eq!(picture.caught_up.rooms.len(), ROOMS);
        assert_eq!(picture.caught_up.rooms[0].room, open, "the open room comes first");
        for chunk in rooms.chunks(CATCH_UP_MAX_ROOMS as usize) {
            let wanted = chunk.iter().map(|room| {
                let want = if *room == open { Want::Rows } else { Want::Summary };
                have(*room, want)
            });
            let ask = CatchUp {
                epoch: None,
                user: UserSeq::ZERO,
                directory: DirectorySeq::ZERO,
                rooms: wanted.collect(),
            };
            let answer = messages::catch_up(&house.app, &ada, &ask).await.unwrap();
            assert_eq!(answer.rooms.len(), chunk.len());
            for told in &answer.rooms {
                assert!(picture.caught_up.rooms.contains(told), "{:?}", told.room);
            }
            // What is not about rooms is the same, whatever rooms are asked for.
            assert_eq!(picture.caught_up.user, answer.user);
            assert_eq!(picture.caught_up.user_to, answer.user_to);
            assert_eq!(picture.caught_up.people, answer.people);
            assert_eq!(picture.caught_up.directory_to, answer.directory_to);
        }
    }

    #[tokio::test]
    async fn the_user_log_is_read_once_however_many_rooms_a_page_has() {
        const VALUES: u64 = 2_000;
        let (house, ada, _) = many_rooms().await;
        let (before, _) = steps_of(&house, &ada, None).await;
        house
            .execute_sql(
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
                 INSERT INTO user_log (user, useq, kind, name, version, value)
                 SELECT u.id, (SELECT coalesce(max(useq), 0) FROM user_log WHERE user = u.id) + i,
                        60000, CAST(i AS BLOB), 1, x'00'
                   FROM users AS u, n
                  WHERE u.username = 'ada'",
            )
            .await;
        let (after, picture) = steps_of(&house, &ada, None).await;
        assert!(
            picture.caught_up.user.len() as u64 >= VALUES,
            "the values are on the page"
        );
        // To read one value takes some ten steps; to read all of them for each 64 rooms took four times as many.
        let each = (after - before) / VALUES;
        assert!((1..=20).contains(&each), "{each} steps for each value");
    }
}
