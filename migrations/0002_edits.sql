-- Messages that change after they were said: edits, deletions, reactions.

-- What people wrote. A text that is taken away must leave the file, and SQLite leaves
-- copies of rows in unused parts of pages whenever it moves rows about to make room. So
-- nothing here ever moves: rows are added at the end, never deleted, and blanked in place
-- with as many bytes, which SQLite writes over the old ones. A blank stays for good. Two
-- messages never share a text. Bytes, and no TEXT: a blank has as many as it replaces.
CREATE TABLE texts (
    id   INTEGER PRIMARY KEY,
    body BLOB NOT NULL
);
INSERT INTO texts (id, body) SELECT position, CAST(body AS BLOB) FROM messages ORDER BY position;
-- The text of a message; 0 for none. The rows of messages may be moved about freely from
-- here on: they hold no words.
ALTER TABLE messages ADD COLUMN text INTEGER NOT NULL DEFAULT 0;
UPDATE messages SET text = position;
ALTER TABLE messages DROP COLUMN body;
-- What these rows leave behind in the pages of a store with a past is swept out by a
-- VACUUM, which cannot run in here: whoever opens the store does it, and takes the note away.
INSERT INTO store_facts (name, value) SELECT 'to vacuum', x'' WHERE EXISTS (SELECT 1 FROM messages);

-- Whoever reads a message must be able to tell these; rows from before say that
-- nothing of it happened.
ALTER TABLE messages ADD COLUMN edited_at INTEGER;
-- A deleted message keeps its row: its ordinal is counted, its key answers resends. It
-- has no text, its mentions are gone.
ALTER TABLE messages ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0;
-- The entry that changed the text last; 0 for a text that stands as it was sent. The
-- revision also rises by reactions, and those must not make an edit outdated.
ALTER TABLE messages ADD COLUMN body_seq INTEGER NOT NULL DEFAULT 0;
-- What the text hashes to, with all that says whose it is and where it stands. A disk
-- that changes bytes by itself is found by it. Rows from before have none.
ALTER TABLE messages ADD COLUMN hash BLOB;

-- Unread numbers subtract what others wrote and was deleted. Few messages are, so this
-- index is small, and it holds all that is asked of it.
CREATE INDEX messages_deleted ON messages (room, ordinal, author) WHERE deleted = 1;

-- Mentions are numbered, and what was subtracted from must stay: one that an edit or a
-- deletion took away is marked, and the few that are marked are counted apart.
ALTER TABLE mentions ADD COLUMN gone INTEGER NOT NULL DEFAULT 0;
CREATE INDEX mentions_gone ON mentions (user, room, ordinal) WHERE gone = 1;

-- One row for each person and emoji. `seq` is the entry that added it: the order in
-- which they came.
CREATE TABLE reactions (
    room    BLOB NOT NULL,
    ordinal INTEGER NOT NULL,
    emoji   TEXT NOT NULL,
    user    BLOB NOT NULL,
    seq     INTEGER NOT NULL,
    PRIMARY KEY (room, ordinal, emoji, user)
) WITHOUT ROWID;

-- Deleted rooms of which the words are still to be taken out, and the entry up to which
-- that was done. It is done in pieces, and a crash between two must not lose the rest.
CREATE TABLE rooms_to_empty (
    room BLOB PRIMARY KEY,
    done INTEGER NOT NULL
) WITHOUT ROWID;

-- A message as its readers get it. The reactions come with it as one value, so that a
-- page is one statement, however many of its messages have some.
CREATE VIEW message_rows AS
SELECT m.room, m.ordinal, m.seq, m.revision, m.author, m.client_key, m.at,
       (SELECT body FROM texts WHERE id = m.text) AS body, m.mentions, m.edited_at, m.deleted, m.hash,
       (SELECT json_group_array(json_array(r.emoji, hex(r.user)) ORDER BY r.seq)
          FROM reactions AS r
         WHERE r.room = m.room AND r.ordinal = m.ordinal) AS reactions
  FROM messages AS m;
