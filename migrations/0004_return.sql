-- Where each room's messages ended when the user came back: the away card is about the
-- messages after `ordinal` up to here, and what comes later never belongs to it. NULL while
-- the absence lasts; so are rows of absences that ended before this column was there, whose
-- cards are not shown any more.
ALTER TABLE left_vectors ADD COLUMN returned INTEGER;
