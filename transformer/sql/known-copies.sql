-- The known trades in and around the range, as far as they are loaded.
CREATE OR REPLACE TEMP TABLE known_copies AS FROM new_trades LIMIT 0;
