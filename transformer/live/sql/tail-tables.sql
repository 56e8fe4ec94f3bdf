-- What a derivation of the live tail collects, empty, with the columns in which bars and trades are stored.
CREATE OR REPLACE TEMP TABLE tail_bars AS FROM range_bars LIMIT 0;
CREATE OR REPLACE TEMP TABLE tail_trades AS FROM range_stored_trades LIMIT 0;
