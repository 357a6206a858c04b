//! Who may change a message, asked over a wire by everybody there is.

use super::*;
use crate::{server::messages, wire::fetch::History};

/// What became of a command: accepted, or refused with this.
type Fate = Result<(), Problem>;

/// Everybody who might try, with a room that Mo made for Bo, Cy and Dee, who left it.
struct Stage {
    server: Server,
    room: RoomId,
    owner: Account,
    admin: Account,
    author: Account,
    member: Account,
    former: Account,
    stranger: Account,
}

impl Stage {
    async fn is_set() -> Self {
        let server = Server::starts().await;
        let owner = server.sets_up("ada").await;
        let admin = server.welcomes(&owner, "mo").await;
        let author = server.welcomes(&owner, "bo").await;
        let member = server.welcomes(&owner, "cy").await;
        let former = server.welcomes(&owner, "dee").await;
        let stranger = server.welcomes(&owner, "eve").await;
        let wire = server.connects(&admin).await;
        let create = command::CreateRoom {
            client_key: wire.key(),
            kind: RoomKind::Closed,
            name: "den".to_owned(),
        };
        let room = rooms::create(&server.app, &admin.signed, &create).await.unwrap().room;
        for person in [&author, &member, &former] {
            let add = command::AddPerson {
                client_key: wire.key(),
                room,
                user: person.user,
            };
            memberships::add(&server.app, &admin.signed, &add).await.unwrap();
        }
        let leave = command::Leave {
            client_key: wire.key(),
            room,
        };
        memberships::leave(&server.app, &former.signed, &leave).await.unwrap();
        wire.closes().await;
        Self {
            server,
            room,
            owner,
            admin,
            author,
            member,
            former,
            stranger,
        }
    }

    /// A new message of the author.
    async fn message(&self) -> Row {
        let mut wire = self.server.connects(&self.author).await;
        wire.writes(self.room, "mine").await;
        let heard = wire.hears_until_said("mine").await;
        wire.closes().await;
        let row = heard.into_iter().find_map(|item| match item {
            ServerItem::Room(event) => event.row,
            _ => None,
        });
        row.unwrap()
    }

    /// What comes of editing, reacting to and deleting a message of the author.
    async fn fates(&self, who: &Account) -> [Fate; 3] {
        let row = self.message().await;
        let mut wire = self.server.connects(who).await;
        let fates = [
            fate(&mut wire, |key| editing(self.room, &row, key)).await,
            fate(&mut wire, |key| reacting(self.room, &row, key)).await,
            fate(&mut wire, |key| deleting(self.room, &row, key)).await,
        ];
        wire.closes().await;
        fates
    }
}

fn editing(room: RoomId, row: &Row, client_key: ClientKey) -> Saying {
    let (target, revision, body) = (row.target(), row.revision, "changed".to_owned());
    command::Edit {
        client_key,
        room,
        target,
        revision,
        body,
    }
    .into()
}

fn reacting(room: RoomId, row: &Row, client_key: ClientKey) -> Saying {
    let (target, emoji, on) = (row.target(), "👍".to_owned(), true);
    command::React {
        client_key,
        room,
        target,
        emoji,
        on,
    }
    .into()
}

fn deleting(room: RoomId, row: &Row, client_key: ClientKey) -> Saying {
    let target = row.target();
    command::Delete {
        client_key,
        room,
        target,
    }
    .into()
}

async fn fate(wire: &mut Wire, command: impl Fn(ClientKey) -> Saying) -> Fate {
    let key = wire.key();
    wire.says([command(key)]).await;
    loop {
        match wire.hears().await {
            ServerItem::Accepted(accepted) if accepted.client_key == key => return Ok(()),
            ServerItem::Rejected(rejected) if rejected.client_key == key => return Err(rejected.problem),
            _ => {}
        }
    }
}

#[tokio::test]
async fn authors_edit_authors_and_admins_delete_members_react_and_nobody_else_changes_anything() {
    let stage = Stage::is_set().await;
    let (gone, refused) = (Problem::Gone, Problem::NotAllowed);
    let nothing = || [Err(gone.clone()), Err(gone.clone()), Err(gone.clone())];
    for (who, expected) in [
        (&stage.stranger, nothing()),
        (&stage.former, nothing()),
        // Who owns the server has no right in a room they are not in.
        (&stage.owner, nothing()),
        (&stage.member, [Err(refused.clone()), Ok(()), Err(refused.clone())]),
        (&stage.admin, [Err(refused.clone()), Ok(()), Ok(())]),
        (&stage.author, [Ok(()), Ok(()), Ok(())]),
    ] {
        assert_eq!(stage.fates(who).await, expected);
    }
}

#[tokio::test]
async fn a_strangers_room_and_none_at_all_answer_alike() {
    let stage = Stage::is_set().await;
    let row = stage.message().await;
    let mut wire = stage.server.connects(&stage.stranger).await;
    for room in [stage.room, RoomId::from_bytes([9; 16])] {
        for command in [editing, reacting, deleting] {
            let fate = fate(&mut wire, |key| command(room, &row, key)).await;
            assert_eq!(fate, Err(Problem::Gone));
        }
    }
}

#[tokio::test]
async fn a_session_that_is_over_changes_nothing_also_on_a_wire_that_is_still_open() {
    for command in [editing, reacting, deleting] {
        let stage = Stage::is_set().await;
        let row = stage.message().await;
        let mut wire = stage.server.connects(&stage.author).await;
        let over = "UPDATE sessions SET expires_at = 0 WHERE user = ?1";
        stage.server.execute_by_sql(over, &stage.author).await;
        let key = wire.key();
        wire.says([command(stage.room, &row, key)]).await;
        assert_eq!(wire.ends().await, closed(4001, "signed out"));
        let ask = History {
            room: stage.room,
            before: Ordinal(u64::MAX),
            limit: 1,
        };
        let page = messages::history(&stage.server.app, &stage.member.signed, &ask)
            .await
            .unwrap();
        assert_eq!(page.messages, [row]);
    }
}
