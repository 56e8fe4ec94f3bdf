-- Forgets what the fast way read of those parts; they are read again.
DELETE FROM frames WHERE list_contains(getvariable('odd_parts'), part);
