-- What the statements of the transformer and the venues share. Run once per database: it is in memory.

-- What a raw line is.
CREATE TYPE FRAME_KIND AS ENUM ('quote', 'trade', 'other', 'control', 'rest', 'bad');
-- Where a trade comes from, the copy to keep first.
CREATE TYPE TRADE_SOURCE AS ENUM ('live', 'rest', 'archive');

-- Exact quantity from a JSON number or string with up to 8 decimals; NULL for anything else. The
-- narrow cast is several times as fast and does for almost every value.
CREATE OR REPLACE MACRO exact_quantity(digits) AS
    coalesce(
        try_cast(digits AS DECIMAL(18, 8))::DECIMAL(28, 8),
        try_cast(digits AS DECIMAL(28, 8))
    );

-- Microseconds since the epoch from milliseconds (13 digits) or microseconds (16 digits).
CREATE OR REPLACE MACRO epoch_us_of(stamp) AS
    CASE WHEN stamp < 100000000000000 THEN stamp * 1000 ELSE stamp END;

-- The offset of a control line that measures the clock; NULL for any other, and for one beyond 30 years.
CREATE OR REPLACE MACRO measured_offset_us(event, offset_us) AS
    CASE
        WHEN event = 'clock' AND abs(try_cast(offset_us AS DOUBLE)) < 1e15
            THEN try_cast(offset_us AS DOUBLE)::BIGINT
    END;

-- Whether the fields are a trade that can stand in the lake; NULL is no. The upper bounds keep every
-- sum of a second inside 38 digits; times lie between 2000 and 2286, and a trade is announced within a
-- day.
CREATE OR REPLACE MACRO is_trade(
    trade_id, price, quantity, trade_us, event_us, buyer_is_maker
) AS
    -- Beyond this, a number of JSON is not the same number everywhere.
    trade_id BETWEEN 0 AND 9007199254740991 AND price > 0 AND quantity > 0 AND quantity < 1000000000000000000
    AND price::DOUBLE * quantity::DOUBLE < 1e17
    AND trade_us BETWEEN 946684800000000 AND 9999999999999999
    AND abs(coalesce(event_us, trade_us) - trade_us) < 86400000000
    AND buyer_is_maker IS NOT NULL;

CREATE OR REPLACE MACRO is_quote(update_id, bid, bid_qty, ask, ask_qty) AS
    update_id >= 0 AND bid >= 0 AND ask >= 0 AND isfinite(bid_qty) AND isfinite(ask_qty);

-- The kind of a frame, 'bad' where its line or its fields cannot be used.
CREATE OR REPLACE MACRO judge_frame(
    kind, recv, conn, trade_id, price, quantity, trade_us, event_us, buyer_is_maker,
    update_id, bid, bid_qty, ask, ask_qty
) AS
    CASE
        -- A local clock may be as wrong as it likes, but it counts from 1970, and to 2255 at most.
        WHEN recv IS NULL OR recv NOT BETWEEN 0 AND 9007199254740991 OR conn IS NULL
            THEN 'bad'::FRAME_KIND
        WHEN kind = 'quote' AND is_quote(update_id, bid, bid_qty, ask, ask_qty) IS NOT TRUE
            THEN 'bad'::FRAME_KIND
        WHEN kind = 'trade'
            AND is_trade(trade_id, price, quantity, trade_us, event_us, buyer_is_maker) IS NOT TRUE
            THEN 'bad'::FRAME_KIND
        ELSE kind
    END;

-- The double nearest to a decimal of scale 8. The direct cast divides the digits by 10^8, which rounds
-- once, and so correctly, while the digits fit into 53 bits; text to DOUBLE always rounds correctly.
CREATE OR REPLACE MACRO nearest_double(x) AS
    CASE WHEN abs(x) < 90000000 THEN x::DOUBLE ELSE x::VARCHAR::DOUBLE END;

-- Whether x needs at most n decimals.
CREATE OR REPLACE MACRO has_decimals(x, n) AS
    round(x::DOUBLE * (10 ** n)) / (10 ** n) = x::DOUBLE;

-- The double nearest to price * quantity. Where the product has at most 9 decimals and stays small,
-- rounding the product of the doubles finds its digits, and one division rounds correctly; anything
-- else goes through the exact product and its text, at thirty times the cost.
CREATE OR REPLACE MACRO nearest_product(price, quantity) AS
    CASE
        WHEN price::DOUBLE * quantity::DOUBLE < 1000000
            AND (has_decimals(quantity, 1)
                 OR (has_decimals(price, 4) AND has_decimals(quantity, 5)))
            THEN round(price::DOUBLE * quantity::DOUBLE * 1e9) / 1e9
        ELSE (price * quantity)::VARCHAR::DOUBLE
    END;

-- The decimal text of x where its nearest double would not give it back, else NULL. Up to 15 digits
-- always come back.
CREATE OR REPLACE MACRO text_unless_exact(x) AS
    CASE
        WHEN x < 10000000 THEN NULL
        WHEN x::VARCHAR::DOUBLE::VARCHAR::DECIMAL(28, 8) = x THEN NULL
        ELSE x::VARCHAR
    END;

-- The exact decimal that was stored as a double and, where that was not enough, as text.
CREATE OR REPLACE MACRO stored_decimal(x, exact_text) AS
    coalesce(exact_text, x::VARCHAR)::DECIMAL(28, 8);

-- The digits of a decimal as an integer: 1.50 gives 150.
CREATE OR REPLACE MACRO unscaled(x) AS replace(x::VARCHAR, '.', '')::HUGEINT;

-- The double nearest to a / b / 10^8, for integers 0 <= a and 0 < b < 10^29: long division to 36 digits
-- behind the whole part, then a digit that says whether anything remains, read as text. Different
-- quotients of that size differ from every rounding boundary long before.
CREATE OR REPLACE MACRO next_digits(rest, b) AS
    lpad(((rest * 1000000000) // b)::VARCHAR, 9, '0');
CREATE OR REPLACE MACRO next_rest(rest, b) AS (rest * 1000000000) % b;
CREATE OR REPLACE MACRO nearest_quotient(a, b) AS (
    (a // b)::VARCHAR || '.'
    || next_digits(a % b, b)
    || next_digits(next_rest(a % b, b), b)
    || next_digits(next_rest(next_rest(a % b, b), b), b)
    || next_digits(next_rest(next_rest(next_rest(a % b, b), b), b), b)
    || CASE WHEN next_rest(next_rest(next_rest(next_rest(a % b, b), b), b), b) = 0
            THEN '0' ELSE '1' END
    || 'e-8'
)::DOUBLE;

-- The double nearest to total / n, for a decimal total of scale 8 and n > 0.
CREATE OR REPLACE MACRO nearest_mean(total, n) AS
    CASE
        WHEN abs(total) < 10000000 THEN unscaled(total)::DOUBLE / (n * 100000000)::DOUBLE
        ELSE sign(total)::DOUBLE * nearest_quotient(unscaled(abs(total)), n::HUGEINT)
    END;

-- The moment a second since the epoch begins.
CREATE OR REPLACE MACRO second_start(second) AS
    make_timestamptz((second) * 1000000);

-- A quote's place within its second: by time, then by update id (its low 43 bits, so that both fit).
CREATE OR REPLACE MACRO quote_place(quote_us, update_id) AS
    ((quote_us % 1000000) << 43) + (update_id & 8796093022207);
