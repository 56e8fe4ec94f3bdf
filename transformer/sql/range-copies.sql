-- Every copy of the trades in the range, to begin with the new ones.
CREATE OR REPLACE TEMP TABLE range_copies AS FROM new_trades;
