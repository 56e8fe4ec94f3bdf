-- Puts the frames that are new behind those that were kept.
INSERT INTO kept_frames FROM frames;
DROP TABLE frames;
ALTER TABLE kept_frames RENAME TO frames;
