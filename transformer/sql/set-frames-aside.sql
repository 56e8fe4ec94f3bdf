-- Makes room to read parts that were transformed before.
CREATE OR REPLACE TEMP TABLE fresh_frames AS FROM frames;
DELETE FROM frames;
