-- A message touches three pages of its room and its author when it is stored, and not five.
-- Each page is written to the log whole, and that is most of what storing a message costs.

-- Client keys begin with the time at which they were made. By key first, those of one moment
-- lie beside each other, whoever wrote them; by author first, each had a page to itself.
-- What is unique is the pair, as before.
CREATE TABLE keys_by_time (
    client_key BLOB NOT NULL,
    author     BLOB NOT NULL,
    room       BLOB NOT NULL,
    seq        INTEGER NOT NULL,
    digest     BLOB NOT NULL,                 -- SHA-256 of the command: the same key with another body is told apart
    PRIMARY KEY (client_key, author)
) WITHOUT ROWID;
INSERT INTO keys_by_time (client_key, author, room, seq, digest)
SELECT client_key, author, room, seq, digest FROM client_keys ORDER BY client_key, author;
DROP TABLE client_keys;
ALTER TABLE keys_by_time RENAME TO client_keys;

-- Messages are found by their ordinal, which rises with the seq; the entry at a seq names
-- it, and entries are unique by seq.
DROP INDEX messages_by_seq;

-- A message as its readers get it, in one column beside the others: thirteen columns by
-- themselves come over from SQLite's thread as thirteen copies. Bytes are in hexadecimal. Few
-- messages have reactions, and to put none of them in order costs as much as the rest.
DROP VIEW message_rows;
CREATE VIEW message_rows AS
SELECT m.room, m.ordinal, m.seq, m.revision, m.author, m.client_key, m.at,
       (SELECT body FROM texts WHERE id = m.text) AS body, m.mentions, m.edited_at, m.deleted, m.hash,
       json_array(hex(m.room), m.ordinal, m.seq, m.revision, hex(m.author), hex(m.client_key), m.at,
           (SELECT hex(body) FROM texts WHERE id = m.text), hex(m.mentions), m.edited_at, m.deleted,
           iif(m.hash IS NULL, NULL, hex(m.hash)),
           iif(EXISTS (SELECT 1 FROM reactions AS r WHERE r.room = m.room AND r.ordinal = m.ordinal),
               json((SELECT json_group_array(json_array(r.emoji, hex(r.user)) ORDER BY r.seq)
                       FROM reactions AS r
                      WHERE r.room = m.room AND r.ordinal = m.ordinal)),
               NULL)) AS whole
  FROM messages AS m;
