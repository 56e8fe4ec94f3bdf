-- The exchange's klines as it writes them, from its archive and from REST. `ordinal` counts them in the
-- order in which they came.
CREATE OR REPLACE TEMP TABLE klines (
    source VARCHAR, ordinal BIGINT, second BIGINT,
    open VARCHAR, high VARCHAR, low VARCHAR, close VARCHAR,
    volume_base VARCHAR, volume_quote VARCHAR, taker_buy_base VARCHAR, taker_buy_quote VARCHAR,
    trade_count BIGINT
);
-- What comparisons of the day have found, before and in this run.
CREATE OR REPLACE TEMP TABLE recorded (
    second BIGINT, column_name VARCHAR, ours DOUBLE, theirs DOUBLE,
    kind VARCHAR, state VARCHAR, checked_at TIMESTAMPTZ
);
