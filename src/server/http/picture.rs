//! The first picture of a page: what its reader would be told if they asked for
//! everything, with the page of the open room.

use crate::{
    server::{app::App, error::Result, messages, rooms, sessions::Signed},
    wire::{
        Problem, RoomId, Seq,
        fetch::{Around, CatchUp, CaughtUp, Have, News, Want},
        first_picture::FirstPicture,
        limits::CATCH_UP_MAX_ROOMS,
        person::Me,
    },
};

/// All that a page of this reader is drawn from. `open` and `at` are those of its address.
pub async fn first_picture(app: &App, who: &Signed, open: Option<RoomId>, at: Option<Seq>) -> Result<FirstPicture> {
    let (me, caught_up) = caught_up(app, who, open).await?;
    let around = match (open, at) {
        (Some(room), Some(seq)) if may_see(&caught_up, room) => {
            Some(messages::around(app, who, &Around { room, seq }).await?)
        }
        _ => None,
    };
    Ok(FirstPicture {
        now: app.ambience.now(),
        limits: (*app.limits).clone(),
        me,
        caught_up,
        open,
        at,
        around,
    })
}

/// True if the answer shows that the reader is in the room.
pub fn may_see(caught_up: &CaughtUp, room: RoomId) -> bool {
    caught_up
        .rooms
        .iter()
        .any(|answer| answer.room == room && !matches!(answer.news, News::Gone))
}

async fn caught_up(app: &App, who: &Signed, open: Option<RoomId>) -> Result<(Me, CaughtUp)> {
    let mut wanted: Vec<Have> = open.map(|room| have(room, Want::Rows)).into_iter().collect();
    let heads = {
        let mut read = app.store.read().await?;
        rooms::heads_for(&mut read, who.user()).await?
    };
    let others = heads
        .rooms
        .iter()
        .map(|head| head.room)
        .filter(|room| Some(*room) != open);
    wanted.extend(others.map(|room| have(room, Want::Summary)));

    let mut whole: Option<CaughtUp> = None;
    // At least one question, also without a room: it answers for the user log and the people.
    loop {
        let rooms: Vec<Have> = wanted.drain(..wanted.len().min(CATCH_UP_MAX_ROOMS as usize)).collect();
        let from = whole
            .as_ref()
            .map(|whole| (whole.user_to, whole.directory_to))
            .unwrap_or_default();
        let ask = CatchUp {
            epoch: None,
            user: from.0,
            directory: from.1,
            rooms,
        };
        let more = messages::catch_up(app, who, &ask).await?;
        match &mut whole {
            None => whole = Some(more),
            Some(whole) => join(whole, more),
        }
        if wanted.is_empty() {
            break;
        }
    }
    Ok((heads.me, whole.ok_or(Problem::Unavailable)?))
}

fn have(room: RoomId, want: Want) -> Have {
    Have {
        room,
        cursor: None,
        want,
    }
}

fn join(whole: &mut CaughtUp, more: CaughtUp) {
    whole.user.extend(more.user);
    whole.user_to = more.user_to;
    whole.people.extend(more.people);
    whole.directory_to = more.directory_to;
    whole.rooms.extend(more.rooms);
}
