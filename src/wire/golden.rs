//! The bytes of every kind, as they are on the wire. A test that fails here says
//! that an older program would not understand: that wants a new version of the kind,
//! not another line of digits.

use super::{
    command::*,
    envelope::{decode, encode},
    event::*,
    fetch::*,
    frame::frame,
    membership::*,
    person::Me,
    room::*,
    user_log::*,
    *,
};
use core::{
    cell::RefCell,
    fmt::{Debug, Write},
};

const ROOM: RoomId = RoomId::from_bytes([0x11; 16]);
const ADA: UserId = UserId::from_bytes([0xa1; 16]);
const BO: UserId = UserId::from_bytes([0xb2; 16]);
const KEY: ClientKey = ClientKey::from_bytes([0xc3; 16]);
const EPISODE: EpisodeId = EpisodeId::from_bytes([0xe5; 16]);
const EPOCH: Epoch = Epoch([0xee; 16]);
const CURSOR: Cursor = Cursor {
    seq: Seq(300),
    tail: Tail(0xdead_beef),
};
const MARKER: Marker = Marker {
    version: 1,
    ordinal: Ordinal(200),
};
const AT: Millis = Millis(1_795_449_642_000);

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes it");
        text
    })
}

thread_local! {
    static SAMPLES: RefCell<Vec<(&'static str, String)>> = const { RefCell::new(Vec::new()) };
}

/// The frames of all tests here, each with the name of its type, in every form that this
/// build writes.
pub fn samples() -> Vec<(&'static str, String)> {
    SAMPLES.take();
    greetings_keep_their_bytes();
    commands_keep_their_bytes();
    changes_keep_their_bytes();
    what_a_server_says_keeps_its_bytes();
    values_of_the_user_log_keep_their_bytes();
    questions_keep_their_bytes();
    answers_keep_their_bytes();
    SAMPLES.take()
}

/// One item in a frame of its own: protocol, kind, version, length, body.
fn holds<T: Enveloped + PartialEq + Debug>(item: impl Into<T>, bytes: &str) {
    let item = item.into();
    let framed = frame([&item]);
    assert_eq!(hex(&framed), bytes, "{item:?}");
    let envelope = &super::frame::items(&framed).unwrap()[0];
    assert_eq!(T::unpack(envelope), Ok(item));
    let name = core::any::type_name::<T>().rsplit("::").next().unwrap_or_default();
    SAMPLES.with_borrow_mut(|samples| samples.push((name, bytes.to_owned())));
}

fn person() -> Person {
    Person {
        user: BO,
        dseq: DirectorySeq(7),
        name: "Bo".into(),
        username: "bo".into(),
        hue: 23,
        active: true,
    }
}

fn me() -> Me {
    Me {
        user: ADA,
        name: "Ada".into(),
        username: "ada".into(),
        hue: 1,
        role: ServerRole::Owner,
    }
}

fn message() -> Message {
    Message {
        ordinal: Ordinal(200),
        seq: Seq(299),
        revision: Seq(300),
        author: BO,
        client_key: KEY,
        at: AT,
        body: Some(Body::parse("hi @ada").unwrap()),
        mentions: vec![ADA],
        edited_at: Some(AT),
        reactions: vec![Reaction {
            emoji: Emoji::parse("👍").unwrap(),
            users: vec![ADA, BO],
        }],
    }
}

fn deleted() -> Message {
    Message {
        body: None,
        mentions: vec![],
        reactions: vec![],
        edited_at: None,
        ..message()
    }
}

fn entry() -> Entry {
    let change: Change = MessageCreated { ordinal: Ordinal(200) }.into();
    Entry {
        seq: CURSOR.seq,
        tail: CURSOR.tail,
        at: AT,
        actor: BO,
        change: change.pack(),
    }
}

fn counts() -> Counts {
    Counts {
        marker: MARKER,
        as_of: Seq(300),
        unread: 3,
        mentions: 1,
        first_mention: Some(Seq(299)),
        since_left: 2,
        left: Ordinal(198),
        returned: Some(Ordinal(199)),
        mentions_since_left: 1,
        first_mention_since_left: Some(Seq(299)),
    }
}

fn item() -> UserItem {
    let value: UserValue = ReadMarker {
        room: ROOM,
        marker: MARKER,
    }
    .into();
    UserItem {
        useq: UserSeq(9),
        value: value.pack(),
        counts: Some(counts()),
    }
}

fn head() -> RoomHead {
    RoomHead {
        room: ROOM,
        cursor: CURSOR,
        ordinal: Ordinal(200),
    }
}

fn preview(words: &str) -> Preview {
    Preview {
        seq: Seq(299),
        author: BO,
        at: AT,
        words: words.into(),
    }
}

fn summary() -> Summary {
    Summary {
        meta: RoomMeta {
            kind: RoomKind::Direct,
            name: String::new(),
            with: Some(BO),
            role: RoomRole::Admin,
        },
        head: CURSOR,
        ordinal: Ordinal(200),
        counts: counts(),
        preview: Some(preview("hi")),
        mention: Some(preview("hi @ada")),
        away: Some(preview("hi @ada")),
    }
}

fn page() -> Page {
    Page {
        room: ROOM,
        from: Ordinal(200),
        to: Ordinal(200),
        messages: vec![message()],
        notes: vec![entry()],
        people: vec![person()],
        as_of: CURSOR,
    }
}

fn delta() -> Delta {
    Delta {
        room: ROOM,
        from: Seq(299),
        to: CURSOR,
        entries: vec![entry()],
        messages: vec![message()],
        people: vec![person()],
    }
}

fn caught_up(news: News) -> CaughtUp {
    CaughtUp {
        epoch: EPOCH,
        user: vec![],
        user_to: UserSeq(9),
        people: vec![],
        directory_to: DirectorySeq(7),
        rooms: vec![RoomAnswer { room: ROOM, news }],
    }
}

#[test]
fn greetings_keep_their_bytes() {
    let presence = Presence {
        state: PresenceState::Active,
        since_input: Millis(1_500),
    };
    holds::<Greeting>(
        Hello {
            protocol: 1,
            level: Level::CURRENT,
            device: DeviceId::from_bytes([0xd4; 16]),
            presence,
        },
        "01010002150000000102d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d402dc0b",
    );
    holds::<Greeting>(Ping { nonce: 300 }, "0102000102000000ac02");
    holds::<Greeting>(presence, "010300010300000002dc0b");
    let command: Command = DismissCard { episode: EPISODE }.into();
    holds::<Greeting>(
        Numbered {
            number: 300,
            command: command.pack(),
        },
        "0104000115000000ac02790110e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5",
    );
}

#[test]
fn commands_keep_their_bytes() {
    holds::<Command>(
        command::Send {
            client_key: KEY,
            room: ROOM,
            body: "hi".into(),
        },
        "0165000123000000c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c311111111111111111111111111111111026869",
    );
    holds::<Command>(
        CreateRoom {
            client_key: KEY,
            kind: RoomKind::Closed,
            name: "den".into(),
        },
        "0166000115000000c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3010364656e",
    );
    holds::<Command>(
        OpenDirect {
            client_key: KEY,
            with: BO,
        },
        "0167000120000000c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2",
    );
    holds::<Command>(
        Join {
            client_key: KEY,
            room: ROOM,
        },
        "0168000120000000c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c311111111111111111111111111111111",
    );
    holds::<Command>(
        Leave {
            client_key: KEY,
            room: ROOM,
        },
        "0169000120000000c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c311111111111111111111111111111111",
    );
    holds::<Command>(
        AddPerson {
            client_key: KEY,
            room: ROOM,
            user: BO,
        },
        "016a000130000000c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c311111111111111111111111111111111b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2",
    );
    holds::<Command>(
        RemovePerson {
            client_key: KEY,
            room: ROOM,
            user: BO,
        },
        "016b000130000000c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c311111111111111111111111111111111b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2",
    );
    holds::<Command>(
        RenameRoom {
            client_key: KEY,
            room: ROOM,
            name: "den".into(),
        },
        "016c000124000000c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3111111111111111111111111111111110364656e",
    );
    holds::<Command>(
        Edit {
            client_key: KEY,
            room: ROOM,
            target: message().target(),
            revision: Seq(300),
            body: "ho".into(),
        },
        "016d000137000000c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c311111111111111111111111111111111c801c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3ac0202686f",
    );
    holds::<Command>(
        Delete {
            client_key: KEY,
            room: ROOM,
            target: message().target(),
        },
        "016e000132000000c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c311111111111111111111111111111111c801c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3",
    );
    holds::<Command>(
        React {
            client_key: KEY,
            room: ROOM,
            target: message().target(),
            emoji: "👍".into(),
            on: true,
        },
        "016f000138000000c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c311111111111111111111111111111111c801c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c304f09f918d01",
    );
    holds::<Command>(
        DeleteRoom {
            client_key: KEY,
            room: ROOM,
        },
        "0170000120000000c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c311111111111111111111111111111111",
    );
    holds::<Command>(
        MarkRead {
            room: ROOM,
            marker: MARKER,
        },
        "01780001130000001111111111111111111111111111111101c801",
    );
    holds::<Command>(
        DismissCard { episode: EPISODE },
        "0179000110000000e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5",
    );
}

#[test]
fn changes_keep_their_bytes() {
    holds::<Change>(MessageCreated { ordinal: Ordinal(200) }, "0101000102000000c801");
    holds::<Change>(
        MessageEdited {
            ordinal: Ordinal(200),
            author: BO,
            unmentioned: vec![ADA],
        },
        "0102000123000000c801b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b201a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1",
    );
    holds::<Change>(
        MessageDeleted {
            ordinal: Ordinal(200),
            author: BO,
            mentioned: vec![ADA],
        },
        "0103000123000000c801b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b201a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1",
    );
    holds::<Change>(
        ReactionAdded {
            ordinal: Ordinal(200),
            emoji: Emoji::parse("👍").unwrap(),
        },
        "0104000107000000c80104f09f918d",
    );
    holds::<Change>(
        ReactionRemoved {
            ordinal: Ordinal(200),
            emoji: Emoji::parse("👍").unwrap(),
        },
        "0105000107000000c80104f09f918d",
    );
    holds::<Change>(RoomCreated { name: "den".into() }, "01140001040000000364656e");
    holds::<Change>(RoomRenamed { name: "den".into() }, "01150001040000000364656e");
    holds::<Change>(RoomDeleted {}, "0116000100000000");
    holds::<Change>(
        MemberJoined {
            user: BO,
            role: RoomRole::Member,
        },
        "011e000111000000b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b200",
    );
    holds::<Change>(
        MemberLeft { user: BO },
        "011f000110000000b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2",
    );
    holds::<Change>(
        MemberRemoved { user: BO },
        "0120000110000000b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2",
    );
}

#[test]
fn what_a_server_says_keeps_its_bytes() {
    let welcome = Welcome {
        now: AT,
        limits: Limits::default(),
        epoch: EPOCH,
        me: me(),
        user_head: UserSeq(9),
        directory_head: DirectorySeq(7),
        rooms: vec![head()],
        more: true,
    };
    holds::<ServerItem>(
        welcome,
        "010100015d00000090b88dc9a0348080013205e807d00f20a0fe0aa0f736eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeea1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a10341646103616461010209070111111111111111111111111111111111ac02effdb6f50dc80101",
    );
    holds::<ServerItem>(
        WelcomeRooms {
            rooms: vec![head()],
            more: false,
        },
        "010200011b0000000111111111111111111111111111111111ac02effdb6f50dc80100",
    );
    holds::<ServerItem>(
        RoomEvent {
            room: ROOM,
            entry: entry(),
            row: Some(message()),
        },
        "01030001a700000011111111111111111111111111111111ac02effdb6f50d90b88dc9a034b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2010102c80101c801ab02ac02b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c390b88dc9a03401076869204061646101a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a10190b88dc9a0340104f09f918d02a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2",
    );
    holds::<ServerItem>(
        RoomEvent {
            room: ROOM,
            entry: entry(),
            row: Some(deleted()),
        },
        "010300016300000011111111111111111111111111111111ac02effdb6f50d90b88dc9a034b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2010102c80101c801ab02ac02b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c390b88dc9a03400000000",
    );
    holds::<ServerItem>(
        UserEvent {
            prev: UserSeq(8),
            item: item(),
        },
        "010400022d00000008090101131111111111111111111111111111111101c8010101c801ac02030101ab0202c60101c7010101ab02",
    );
    holds::<ServerItem>(
        DirectoryEvent { person: person() },
        "0105000119000000b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b20702426f02626f1701",
    );
    holds::<ServerItem>(
        Accepted {
            client_key: KEY,
            room: ROOM,
            seq: Seq(300),
        },
        "0106000122000000c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c311111111111111111111111111111111ac02",
    );
    holds::<ServerItem>(
        Rejected {
            client_key: KEY,
            problem: Problem::KeyReused,
        },
        "0107000111000000c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c306",
    );
    holds::<ServerItem>(
        TooFast {
            client_key: KEY,
            retry_after: Millis(200),
        },
        "0108000112000000c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c801",
    );
    holds::<ServerItem>(Pong { nonce: 300 }, "0109000102000000ac02");
    holds::<ServerItem>(
        RoomGone { room: ROOM },
        "010a00011000000011111111111111111111111111111111",
    );
    holds::<ServerItem>(
        Acknowledged {
            number: 300,
            problem: None,
        },
        "010b000103000000ac0200",
    );
    holds::<ServerItem>(
        Acknowledged {
            number: 300,
            problem: Some(Problem::Gone),
        },
        "010b000104000000ac020100",
    );
    holds::<ServerItem>(
        Advance {
            room: ROOM,
            to: Seq(300),
        },
        "010c00011200000011111111111111111111111111111111ac02",
    );
    holds::<ServerItem>(
        Heads {
            user: UserSeq(9),
            directory: DirectorySeq(7),
        },
        "010d0001020000000907",
    );
}

#[test]
fn values_of_the_user_log_keep_their_bytes() {
    holds::<UserValue>(
        ReadMarker {
            room: ROOM,
            marker: MARKER,
        },
        "01010001130000001111111111111111111111111111111101c801",
    );
    holds::<UserValue>(
        Episode {
            episode: EPISODE,
            last_active: AT,
            back: Some(AT),
            returned: Some(Position(500)),
        },
        "0102000220000000e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e590b88dc9a0340190b88dc9a03401f403",
    );
    holds::<UserValue>(
        Dismissed {
            episodes: vec![EPISODE],
        },
        "010300011100000001e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5",
    );
}

#[test]
fn questions_keep_their_bytes() {
    let have = |want| Have {
        room: ROOM,
        cursor: Some(CURSOR),
        want,
    };
    let catch_up = CatchUp {
        epoch: Some(EPOCH),
        user: UserSeq(9),
        directory: DirectorySeq(7),
        rooms: vec![have(Want::Summary), have(Want::Rows)],
    };
    holds::<Ask>(
        catch_up,
        "010100014600000001eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee0907021111111111111111111111111111111101ac02effdb6f50d001111111111111111111111111111111101ac02effdb6f50d01",
    );
    holds::<Ask>(
        History {
            room: ROOM,
            before: Ordinal(200),
            limit: 50,
        },
        "010200011300000011111111111111111111111111111111c80132",
    );
    holds::<Ask>(
        fetch::Range {
            room: ROOM,
            after: CURSOR,
            to: Seq(400),
        },
        "010300011900000011111111111111111111111111111111ac02effdb6f50d9003",
    );
    holds::<Ask>(
        Around {
            room: ROOM,
            seq: Seq(299),
        },
        "010400011200000011111111111111111111111111111111ab02",
    );
    holds::<Ask>(Whoami {}, "0105000100000000");
    let marks = vec![MarkRead {
        room: ROOM,
        marker: MARKER,
    }];
    holds::<Ask>(
        MarkReadAs { user: ADA, marks },
        "0106000124000000a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1011111111111111111111111111111111101c801",
    );
    holds::<Question>(Question::current(Whoami {}.into()), "016400010400000002050100");
}

#[test]
fn answers_keep_their_bytes() {
    let whole = CaughtUp {
        user: vec![item()],
        people: vec![person()],
        ..caught_up(News::Gone)
    };
    holds::<Answer>(
        whole,
        "010100026b000000eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee01090101131111111111111111111111111111111101c8010101c801ac02030101ab0202c60101c7010101ab020901b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b20702426f02626f170107011111111111111111111111111111111105",
    );
    holds::<Answer>(
        caught_up(News::Same(summary())),
        "01010002b5000000eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee00090007011111111111111111111111111111111100020001b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b201ac02effdb6f50dc80101c801ac02030101ab0202c60101c7010101ab0201ab02b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b290b88dc9a03402686901ab02b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b290b88dc9a034076869204061646101ab02b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b290b88dc9a0340768692040616461",
    );
    holds::<Answer>(
        caught_up(News::Delta(summary(), delta())),
        "0101000280010000eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee00090007011111111111111111111111111111111101020001b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b201ac02effdb6f50dc80101c801ac02030101ab0202c60101c7010101ab0201ab02b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b290b88dc9a03402686901ab02b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b290b88dc9a034076869204061646101ab02b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b290b88dc9a034076869204061646111111111111111111111111111111111ab02ac02effdb6f50d01ac02effdb6f50d90b88dc9a034b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2010102c80101c801ab02ac02b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c390b88dc9a03401076869204061646101a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a10190b88dc9a0340104f09f918d02a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b201b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b20702426f02626f1701",
    );
    holds::<Answer>(
        caught_up(News::Jump(summary(), page())),
        "0101000282010000eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee00090007011111111111111111111111111111111102020001b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b201ac02effdb6f50dc80101c801ac02030101ab0202c60101c7010101ab0201ab02b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b290b88dc9a03402686901ab02b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b290b88dc9a034076869204061646101ab02b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b290b88dc9a034076869204061646111111111111111111111111111111111c801c80101c801ab02ac02b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c390b88dc9a03401076869204061646101a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a10190b88dc9a0340104f09f918d02a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b201ac02effdb6f50d90b88dc9a034b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2010102c80101b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b20702426f02626f1701ac02effdb6f50d",
    );
    holds::<Answer>(
        caught_up(News::Reset(summary(), page())),
        "0101000282010000eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee00090007011111111111111111111111111111111103020001b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b201ac02effdb6f50dc80101c801ac02030101ab0202c60101c7010101ab0201ab02b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b290b88dc9a03402686901ab02b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b290b88dc9a034076869204061646101ab02b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b290b88dc9a034076869204061646111111111111111111111111111111111c801c80101c801ab02ac02b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c390b88dc9a03401076869204061646101a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a10190b88dc9a0340104f09f918d02a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b201ac02effdb6f50d90b88dc9a034b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2010102c80101b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b20702426f02626f1701ac02effdb6f50d",
    );
    holds::<Answer>(
        caught_up(News::Summary(summary())),
        "01010002b5000000eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee00090007011111111111111111111111111111111104020001b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b201ac02effdb6f50dc80101c801ac02030101ab0202c60101c7010101ab0201ab02b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b290b88dc9a03402686901ab02b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b290b88dc9a034076869204061646101ab02b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b290b88dc9a0340768692040616461",
    );
    holds::<Answer>(
        page(),
        "01020001cd00000011111111111111111111111111111111c801c80101c801ab02ac02b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c390b88dc9a03401076869204061646101a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a10190b88dc9a0340104f09f918d02a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b201ac02effdb6f50d90b88dc9a034b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2010102c80101b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b20702426f02626f1701ac02effdb6f50d",
    );
    holds::<Answer>(
        delta(),
        "01030001cb00000011111111111111111111111111111111ab02ac02effdb6f50d01ac02effdb6f50d90b88dc9a034b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2010102c80101c801ab02ac02b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c390b88dc9a03401076869204061646101a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a10190b88dc9a0340104f09f918d02a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b201b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b20702426f02626f1701",
    );
    holds::<Answer>(
        me(),
        "010500011a000000a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a103416461036164610102",
    );
}

#[test]
fn a_question_that_moves_markers_is_answered_with_nothing_to_say() {
    holds::<Answer>(Marked {}, "0106000100000000");
}

/// Their order is on the wire: a variant added anywhere but at the end fails here.
#[test]
fn problems_keep_their_numbers() {
    let problems = [
        Problem::Gone,
        Problem::SignedOut,
        Problem::NotAllowed,
        Problem::BodyEmpty,
        Problem::BodyTooLong { max_bytes: 16_384 },
        Problem::BodyUnreadable,
        Problem::KeyReused,
        Problem::TooFast {
            retry_after: Millis(200),
        },
        Problem::NameEmpty,
        Problem::NameTooLong { max_chars: 64 },
        Problem::NameUnreadable,
        Problem::NameTaken,
        Problem::UsernameUnreadable,
        Problem::UsernameTaken,
        Problem::PasswordTooShort { min_chars: 8 },
        Problem::PasswordTooLong,
        Problem::WrongPassword,
        Problem::AlreadySetUp,
        Problem::InviteGone,
        Problem::TooMany { max: 3 },
        Problem::Outdated(Ordinal(200)),
        Problem::Malformed,
        Problem::Unknown,
        Problem::Unavailable,
        Problem::MessageDeleted,
        Problem::EmojiUnreadable,
    ];
    let bytes: Vec<String> = problems.iter().map(|problem| hex(&encode(problem))).collect();
    assert_eq!(
        bytes.join(" "),
        "00 01 02 03 04808001 05 06 07c801 08 0940 0a 0b 0c 0d 0e08 0f 10 11 12 1303 14c801 15 16 17 18 19"
    );
    for problem in problems {
        assert_eq!(decode::<Problem>(&encode(&problem)), Ok(problem));
    }
}

/// A kind that is added belongs into the tests above; one that is gone is still sent
/// by programs of before.
#[test]
fn the_kinds_are_these_and_no_others() {
    fn known<T: Enveloped>() -> Vec<(u16, u8)> {
        let all = (0..=u16::MAX).flat_map(|kind| (0..4).map(move |version| (kind, version)));
        all.filter(|&(kind, version)| {
            !matches!(
                T::unpack(&Envelope {
                    kind,
                    version,
                    body: vec![]
                }),
                Err(Unpack::Unknown)
            )
        })
        .collect()
    }
    let first = |kinds: &[u16]| kinds.iter().map(|&kind| (kind, 1)).collect::<Vec<_>>();
    let grown = |kinds: &[u16], second: u16| {
        let mut kinds = first(kinds);
        kinds.push((second, 2));
        kinds.sort_unstable();
        kinds
    };
    assert_eq!(known::<Greeting>(), grown(&[1, 2, 3, 4], 1));
    assert_eq!(
        known::<Command>(),
        first(&[101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 120, 121])
    );
    assert_eq!(known::<Change>(), first(&[1, 2, 3, 4, 5, 20, 21, 22, 30, 31, 32]));
    let items = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13];
    assert_eq!(known::<ServerItem>(), grown(&items, 4));
    assert_eq!(known::<UserValue>(), grown(&[1, 2, 3], 2));
    assert_eq!(known::<Ask>(), first(&[1, 2, 3, 4, 5, 6]));
    assert_eq!(known::<Question>(), first(&[1, 2, 3, 4, 5, 6, 100]));
    assert_eq!(known::<Answer>(), grown(&[1, 2, 3, 5, 6], 1));
}
