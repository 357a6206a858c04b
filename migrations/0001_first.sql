-- The first schema. Ids are 16-byte UUIDv7 blobs, times integer Unix milliseconds
-- that are shown to people and order nothing. Applied migrations are never edited.

-- Facts about this store: its epoch, drawn anew at every restore.
CREATE TABLE store_facts (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;

-- People. Latest value per person is the directory log, in the order of dseq.
CREATE TABLE users (
    id            BLOB PRIMARY KEY,
    dseq          INTEGER NOT NULL,
    username      TEXT NOT NULL,              -- lower case ASCII, so that case cannot make two of one
    name          TEXT NOT NULL,
    hue           INTEGER NOT NULL,
    role          INTEGER NOT NULL,           -- 0 member, 1 admin, 2 owner
    state         INTEGER NOT NULL,           -- 0 active, 1 removed, 2 banned
    password_hash TEXT NOT NULL,              -- Argon2id in PHC form
    created_at    INTEGER NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX users_by_username ON users (username);
CREATE UNIQUE INDEX users_by_dseq ON users (dseq);
-- One owner: two set-ups at once make one.
CREATE UNIQUE INDEX users_owner ON users (role) WHERE role = 2;

-- One row a sign-in. The token itself is known to the browser alone.
CREATE TABLE sessions (
    id           BLOB PRIMARY KEY,
    token_hash   BLOB NOT NULL,               -- SHA-256 of 256 random bits
    user         BLOB NOT NULL REFERENCES users (id),
    created_at   INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    agent        TEXT NOT NULL                -- what the browser calls itself, for the list of sessions
) WITHOUT ROWID;
CREATE UNIQUE INDEX sessions_by_token ON sessions (token_hash);
CREATE INDEX sessions_by_user ON sessions (user);

CREATE TABLE invites (
    id         BLOB PRIMARY KEY,
    code_hash  BLOB NOT NULL,                 -- SHA-256 of 128 random bits
    made_by    BLOB NOT NULL REFERENCES users (id),
    room       BLOB REFERENCES rooms (id),    -- joined at once, if any
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    uses_max   INTEGER NOT NULL,
    uses       INTEGER NOT NULL,
    revoked    INTEGER NOT NULL,
    CHECK (uses <= uses_max)
) WITHOUT ROWID;
CREATE UNIQUE INDEX invites_by_code ON invites (code_hash);

-- One-time links that set a new password; at most one per person.
CREATE TABLE password_resets (
    user       BLOB PRIMARY KEY REFERENCES users (id),
    code_hash  BLOB NOT NULL,
    made_by    BLOB NOT NULL REFERENCES users (id),
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX password_resets_by_code ON password_resets (code_hash);

-- Rooms with the heads of their logs: seq of the last entry and its tail,
-- ordinal of the last message.
CREATE TABLE rooms (
    id         BLOB PRIMARY KEY,
    kind       INTEGER NOT NULL,              -- 0 open, 1 closed, 2 direct
    name       TEXT NOT NULL,                 -- empty for a direct room
    name_key   TEXT NOT NULL,                 -- the name in lower case
    seq        INTEGER NOT NULL,
    tail       INTEGER NOT NULL,
    ordinal    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    direct_a   BLOB REFERENCES users (id),    -- the pair of a direct room, the lesser id first
    direct_b   BLOB REFERENCES users (id)
) WITHOUT ROWID;
-- Only open rooms must differ in name from all others: a closed room's name
-- must not be found out by trying to take it.
CREATE UNIQUE INDEX rooms_open_name ON rooms (name_key) WHERE kind = 0;
CREATE UNIQUE INDEX rooms_direct_pair ON rooms (direct_a, direct_b) WHERE kind = 2;

-- A row stays when somebody leaves, so that a second joining keeps its history of changes.
CREATE TABLE memberships (
    room           BLOB NOT NULL REFERENCES rooms (id),
    user           BLOB NOT NULL REFERENCES users (id),
    role           INTEGER NOT NULL,          -- 0 member, 1 admin
    state          INTEGER NOT NULL,          -- 0 in, 1 left, 2 removed
    changed_seq    INTEGER NOT NULL,          -- the entry that made it so
    joined_ordinal INTEGER NOT NULL,          -- what was said before counts as read
    PRIMARY KEY (room, user)
) WITHOUT ROWID;
CREATE INDEX memberships_by_user ON memberships (user, state, room);

-- The room log: every change that members see, numbered without holes. Never a body.
CREATE TABLE entries (
    room    BLOB NOT NULL REFERENCES rooms (id),
    seq     INTEGER NOT NULL,
    tail    INTEGER NOT NULL,                 -- 32 random bits: tells two logs apart after a restore
    kind    INTEGER NOT NULL,
    version INTEGER NOT NULL,
    actor   BLOB NOT NULL,
    target  INTEGER,                          -- the ordinal of the message, if it is about one
    payload BLOB NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (room, seq)
) WITHOUT ROWID;

-- Present state of messages. `position` rises over the whole store: it tells what
-- was there when somebody was last seen, without asking a clock.
CREATE TABLE messages (
    position   INTEGER PRIMARY KEY,
    room       BLOB NOT NULL REFERENCES rooms (id),
    ordinal    INTEGER NOT NULL,
    seq        INTEGER NOT NULL,
    revision   INTEGER NOT NULL,
    author     BLOB NOT NULL,
    author_nth INTEGER NOT NULL,              -- the author's n-th message here: own messages are counted by subtraction
    client_key BLOB NOT NULL,
    at         INTEGER NOT NULL,
    body       TEXT NOT NULL,
    mentions   BLOB NOT NULL                  -- user ids of the first version, 16 bytes each
);
CREATE UNIQUE INDEX messages_by_ordinal ON messages (room, ordinal);
CREATE UNIQUE INDEX messages_by_seq ON messages (room, seq);
CREATE UNIQUE INDEX messages_by_author ON messages (room, author, ordinal, author_nth);

-- Mentions per reader, counted by subtraction of nth.
CREATE TABLE mentions (
    user    BLOB NOT NULL,
    room    BLOB NOT NULL,
    ordinal INTEGER NOT NULL,
    seq     INTEGER NOT NULL,
    nth     INTEGER NOT NULL,
    PRIMARY KEY (user, room, ordinal)
) WITHOUT ROWID;

-- Every command that made an entry, for ever: a resend, months later, gets the first answer.
CREATE TABLE client_keys (
    author     BLOB NOT NULL,
    client_key BLOB NOT NULL,
    room       BLOB NOT NULL,
    seq        INTEGER NOT NULL,
    digest     BLOB NOT NULL,                 -- SHA-256 of the command: the same key with another body is told apart
    PRIMARY KEY (author, client_key)
) WITHOUT ROWID;

-- The user log: latest value per key of what only that user sees.
CREATE TABLE user_log (
    user    BLOB NOT NULL REFERENCES users (id),
    kind    INTEGER NOT NULL,
    name    BLOB NOT NULL,                    -- what the value is about: a room's id, or nothing
    useq    INTEGER NOT NULL,
    version INTEGER NOT NULL,
    value   BLOB NOT NULL,
    PRIMARY KEY (user, kind, name)
) WITHOUT ROWID;
CREATE UNIQUE INDEX user_log_by_useq ON user_log (user, useq);

-- Devices whose owner was in front of them, as of `renewed_at`, when the store
-- held messages up to `position`. A restarted server begins with these.
CREATE TABLE leases (
    user       BLOB NOT NULL REFERENCES users (id),
    device     BLOB NOT NULL,
    renewed_at INTEGER NOT NULL,
    position   INTEGER NOT NULL,
    PRIMARY KEY (user, device)
) WITHOUT ROWID;

-- Where each room's messages ended when the user was last active: the newest episode only.
CREATE TABLE left_vectors (
    user    BLOB NOT NULL,
    room    BLOB NOT NULL,
    ordinal INTEGER NOT NULL,
    PRIMARY KEY (user, room)
) WITHOUT ROWID;
