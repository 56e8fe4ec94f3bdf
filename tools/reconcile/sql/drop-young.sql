-- Klines of the last minute may still change: what differs there is looked at again by the next run.
DELETE FROM findings WHERE second >= getvariable('settled_before');
