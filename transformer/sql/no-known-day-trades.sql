CREATE OR REPLACE TEMP VIEW known_day_trades AS FROM range_stored_trades LIMIT 0;
