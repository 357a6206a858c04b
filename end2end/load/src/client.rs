//! One tab's socket: hello, welcome, commands, what is told.

use crate::{Result, Socket};
use std::collections::VecDeque;
use whilst::wire::{
    ClientItem, ClientKey, Command, Cursor, DeviceId, DirectorySeq, Enveloped, Epoch, Level, Millis, RoomId,
    ServerItem, UserId, UserSeq,
    command::{Greeting, Hello, Presence, PresenceState, Send},
    event::Welcome,
    frame,
    room::RoomHead,
};

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub struct Visitor {
    pub user: UserId,
    /// `name=value`, as the server set it.
    pub cookie: String,
    pub device: DeviceId,
}

/// What a tab holds of the logs that are not about rooms, from an earlier connection.
#[derive(Debug, Clone, Copy)]
pub struct Held {
    /// Cursors of another epoch are of no log.
    pub epoch: Epoch,
    pub user: UserSeq,
    pub directory: DirectorySeq,
}

/// A connection that was greeted.
pub struct Client {
    socket: Socket,
    pub welcome: Welcome,
    heard: VecDeque<ServerItem>,
}

impl Client {
    /// Connects, says hello as somebody in front of their screen, and takes the welcome
    /// with all its pages of rooms.
    ///
    /// # Errors
    /// Where the server refuses or is gone.
    pub async fn connect(addr: &str, visitor: &Visitor) -> Result<Self> {
        let mut socket = Socket::open(addr, &visitor.cookie).await?;
        let hello = Hello {
            protocol: frame::PROTOCOL,
            level: Level::CURRENT,
            device: visitor.device,
            presence: Presence {
                state: PresenceState::Active,
                since_input: Millis(0),
            },
        };
        let hello = ClientItem::Greeting(Greeting::Hello(hello));
        socket.send(&frame::frame([&hello])).await?;
        let mut heard = read(socket.next().await?)?;
        let Some(ServerItem::Welcome(mut welcome)) = heard.pop_front() else {
            return Err("the server's first word was no welcome".into());
        };
        while welcome.more {
            let Some(item) = heard.pop_front() else {
                heard = read(socket.next().await?)?;
                continue;
            };
            if let ServerItem::WelcomeRooms(page) = item {
                welcome.rooms.extend(page.rooms);
                welcome.more = page.more;
            }
        }
        Ok(Self { socket, welcome, heard })
    }

    /// What a tab that caught up on this connection holds.
    pub fn held(&self) -> Held {
        Held {
            epoch: self.welcome.epoch,
            user: self.welcome.user_head,
            directory: self.welcome.directory_head,
        }
    }

    /// Where a room's log ended when the connection began.
    pub fn head(&self, room: RoomId) -> Option<RoomHead> {
        self.welcome.rooms.iter().find(|head| head.room == room).copied()
    }

    /// The cursor of a room, as the welcome has it.
    pub fn cursor(&self, room: RoomId) -> Option<Cursor> {
        self.head(room).map(|head| head.cursor)
    }

    /// Sends a message. Its event, heard by everybody in the room, is the acknowledgement.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn send(&mut self, room: RoomId, client_key: ClientKey, body: &str) -> Result<()> {
        let body = body.to_owned();
        self.say(Send { client_key, room, body }.into()).await
    }

    /// Says any command.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn say(&mut self, command: Command) -> Result<()> {
        let frame = frame::frame([&ClientItem::Command(command)]);
        self.socket.send(&frame).await
    }

    /// Says some commands in one frame.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn say_all(&mut self, commands: impl IntoIterator<Item = Command>) -> Result<()> {
        let items: Vec<_> = commands.into_iter().map(ClientItem::Command).collect();
        self.socket.send(&frame::frame(&items)).await
    }

    /// What the server tells next.
    ///
    /// # Errors
    /// [`Closed`](crate::Closed), or a frame that is none.
    pub async fn hear(&mut self) -> Result<ServerItem> {
        while self.heard.is_empty() {
            self.heard = read(self.socket.next().await?)?;
        }
        self.heard.pop_front().ok_or_else(|| "heard nothing".into())
    }

    /// The next frame as it came, for who compares instead of reading. What was read by
    /// [`Client::hear`] is not in it.
    ///
    /// # Errors
    /// [`Closed`](crate::Closed).
    pub async fn hear_frame(&mut self) -> Result<&[u8]> {
        self.socket.next().await
    }

    /// True if another frame lies here already.
    pub fn has_heard(&self) -> bool {
        self.socket.has_next()
    }
}

/// The items of a frame; those of a newer server are passed over.
pub(crate) fn read(bytes: &[u8]) -> Result<VecDeque<ServerItem>> {
    let items = frame::items(bytes)?;
    Ok(items.iter().filter_map(|item| ServerItem::unpack(item).ok()).collect())
}
