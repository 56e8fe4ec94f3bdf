-- Puts the new parts' frames back; the parts read again count on behind them.
UPDATE frames SET part = part + getvariable('new_part_count');
INSERT INTO frames FROM fresh_frames;
DROP TABLE fresh_frames;
