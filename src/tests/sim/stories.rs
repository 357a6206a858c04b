//! Short worlds, told step by step: what long ones have found.

use super::{
    ground, in_one_thread, workplace,
    world::{Next, World},
};
use crate::{client::Input, tests::drawer::Drawer};

async fn rests(world: &mut World) {
    while !(world.seats.iter().all(|seat| seat.tab.is_settled()) && world.under_way().is_empty()) {
        match world.under_way().first().copied() {
            Some(next) => world.does(next).await,
            None => world.passes(1_000),
        }
    }
}

#[test]
fn a_session_is_looked_at_beside_a_command_that_waits_for_the_store() {
    const OVER_HALF_AN_HOUR_MS: u64 = 31 * 60 * 1_000;
    in_one_thread(async {
        let place = workplace();
        let mut world = World::new(1, &ground().await, place.path().to_owned()).await;
        let (user, room) = (world.people[0].user, world.rooms[0]);
        let ada = world.sits_down(user, Drawer::default()).await;
        rests(&mut world).await;
        world.tells(
            ada,
            Input::Send {
                room,
                body: "hi".to_owned(),
            },
        );
        world.now += OVER_HALF_AN_HOUR_MS;
        world.sets_server_clock();
        let line = world.seats[ada].line.unwrap();
        world.does(Next::Up(line)).await;
        assert_eq!(world.house.writer.waiting(), 1, "the message waits for its commit");
    });
}
