-- The tables of one instrument's run, empty. Run before each instrument.

-- Raw lines of one batch, read by the venue's SQL.
CREATE OR REPLACE TEMP TABLE frames (
    part USMALLINT,             -- index into the batch's paths, from 1
    recv BIGINT, conn VARCHAR, event VARCHAR,
    kind FRAME_KIND, source TRADE_SOURCE,
    trade_id BIGINT, price DECIMAL(18, 8), quantity DECIMAL(28, 8),
    trade_us BIGINT, event_us BIGINT, buyer_is_maker BOOLEAN,
    quote_us BIGINT, update_id BIGINT,
    bid DECIMAL(18, 8), bid_qty DOUBLE, ask DECIMAL(18, 8), ask_qty DOUBLE,
    msg JSON,
    clock_offset_us BIGINT      -- of a measurement of the clock: exchange time minus ours
);

-- Trades of all batches since the last publication, copies included.
CREATE OR REPLACE TEMP TABLE new_trades (
    trade_id BIGINT, price DECIMAL(18, 8), quantity DECIMAL(28, 8),
    trade_us BIGINT, event_us BIGINT, recv BIGINT, buyer_is_maker BOOLEAN, source TRADE_SOURCE
);

-- Facts of each second with quotes that the batches changed.
CREATE OR REPLACE TEMP TABLE new_quote_seconds (
    second BIGINT PRIMARY KEY, quote_count INTEGER,
    bid DOUBLE, bid_qty DOUBLE, ask DOUBLE, ask_qty DOUBLE, spread DOUBLE, spread_mean DOUBLE
);
