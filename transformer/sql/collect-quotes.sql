-- Takes over the quotes of a batch, of the second getvariable('quotes_from') and later. Parts up to
-- getvariable('new_part_count') are new; the ones behind were transformed before and are read again only for the
-- seconds they share with the new ones.

-- What each second's quotes say. An update id counts once in a second; a second in which one came
-- more than once is set aside (quote_count of NULL) for collect-copied-quotes.sql. Ids lie close together,
-- so they are counted as bits of 64-bit blocks.
INSERT OR REPLACE INTO new_quote_seconds
WITH placed AS (
    SELECT quote_us // 1000000 AS second,
           update_id >> 6 AS block,
           1::UBIGINT << (update_id & 63)::UBIGINT AS id_bit,
           quote_place(quote_us, update_id) AS place,
           bid, bid_qty, ask, ask_qty,
           part <= getvariable('new_part_count') AS is_new
    FROM frames
    WHERE kind = 'quote' AND quote_us >= getvariable('quotes_from') * 1000000
),
blocks AS (
    SELECT second,
           count(*) AS quotes,
           bit_count(bit_or(id_bit)) AS ids,
           max(place) AS place,
           arg_max({bid: bid, bid_qty: bid_qty, ask: ask, ask_qty: ask_qty}, place) AS last,
           sum(ask - bid) AS spreads,
           bool_or(is_new) AS is_new
    FROM placed
    GROUP BY second, block
),
seconds AS (
    SELECT second,
           CASE WHEN sum(ids) = sum(quotes) THEN sum(quotes)::INTEGER END AS quote_count,
           arg_max(last, place) AS last,
           nearest_mean(sum(spreads), sum(quotes)::BIGINT) AS spread_mean
    FROM blocks
    GROUP BY second
    HAVING bool_or(is_new)
)
SELECT second, quote_count,
       nearest_double(last.bid), last.bid_qty, nearest_double(last.ask), last.ask_qty,
       nearest_double(last.ask - last.bid), spread_mean
FROM seconds;
