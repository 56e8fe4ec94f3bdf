-- Keeps the frames that were read, in the session, for the next refresh.
DROP TABLE IF EXISTS kept_frames;
ALTER TABLE frames RENAME TO kept_frames;
CREATE TEMP TABLE frames AS FROM kept_frames LIMIT 0;
