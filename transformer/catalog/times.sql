-- What the other views and macros read times and intervals with. Nothing here, nor in them, depends on the time
-- zone of who asks, or needs DuckDB's extension for time zones.

-- Whole seconds of an interval.
CREATE MACRO interval_seconds("interval") AS
CASE
    WHEN "interval" IS NULL THEN error('read interval: it is NULL; give a text such as 1m, 15m, 4h or 1d')
    WHEN regexp_full_match(CAST("interval" AS VARCHAR), '\s*[0-9]+\s*M\s*')
        OR datepart('year', try_cast(CAST("interval" AS VARCHAR) AS INTERVAL)) <> 0
        OR datepart('month', try_cast(CAST("interval" AS VARCHAR) AS INTERVAL)) <> 0
        THEN error(concat('read interval ''', "interval", ''': months have no fixed length; give seconds to weeks, such as 1m (a minute), 4h, 1d or 1w'))
    WHEN epoch(try_cast(CAST("interval" AS VARCHAR) AS INTERVAL)) >= 1
        AND epoch(try_cast(CAST("interval" AS VARCHAR) AS INTERVAL)) % 1 = 0
        THEN CAST(epoch(try_cast(CAST("interval" AS VARCHAR) AS INTERVAL)) AS BIGINT)
    ELSE error(concat('read interval ''', "interval", ''': it is no positive number of whole seconds; give a text such as 1m, 15m, 4h or 1d'))
END;

-- Where intervals are counted from: weeks from a Monday, the first one after the epoch; others from the epoch.
CREATE MACRO interval_origin("interval") AS
CASE WHEN interval_seconds("interval") % 604800 = 0 THEN CAST(345600 AS BIGINT) ELSE 0 END;

-- The number of the interval that a moment lies in, and when the interval of a number begins.
CREATE MACRO interval_number(moment, "interval") AS
(epoch_us(moment) - interval_origin("interval") * 1000000) // (interval_seconds("interval") * 1000000);
CREATE MACRO interval_start(number, "interval") AS
to_timestamp(number * interval_seconds("interval") + interval_origin("interval"));

-- A moment. What names no time zone is UTC.
CREATE MACRO utc_time("time") AS
CASE
    WHEN "time" IS NULL THEN NULL
    WHEN regexp_full_match(CAST("time" AS VARCHAR), '.*[0-9]:[0-9]{2}:[0-9]{2}(\.[0-9]+)? ?(Z|[+-][0-9]{2}(:?[0-9]{2}){0,2})')
        THEN CAST(CAST("time" AS VARCHAR) AS TIMESTAMPTZ)
    WHEN regexp_full_match(CAST("time" AS VARCHAR), '[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([ T][0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?)?')
        THEN to_timestamp(epoch_us(CAST(CAST("time" AS VARCHAR) AS TIMESTAMP)) / 1000000)
    ELSE error(concat('read time ''', "time", ''': give 2026-03-01, 2026-03-01 10:00:00 or 2026-03-01T10:00:00Z'))
END;

-- The UTC day of a moment.
CREATE MACRO utc_day("time") AS CAST(make_timestamp(epoch_us(utc_time("time"))) AS DATE);

-- Whether a row of a day and a moment lies in [start, stop); NULL is no bound. The day keeps files from being read.
CREATE MACRO is_within(row_day, row_time, start, stop) AS
    (start IS NULL OR (row_day >= utc_day(start) AND row_time >= utc_time(start)))
    AND (stop IS NULL OR (row_day <= CAST(make_timestamp(epoch_us(utc_time(stop)) - 1) AS DATE) AND row_time < utc_time(stop)));

-- The value where it is positive.
CREATE MACRO positive("value", what) AS
CASE WHEN "value" > 0 THEN "value"
     ELSE error(concat('read ', what, ' ', coalesce(CAST("value" AS VARCHAR), 'NULL'), ': it has to be more than 0')) END;

-- The value where it is a whole number and positive.
CREATE MACRO whole("value", what) AS
CASE WHEN try_cast("value" AS DECIMAL(28, 8)) > 0 AND try_cast("value" AS DECIMAL(28, 8)) % 1 = 0
     THEN CAST("value" AS BIGINT)
     ELSE error(concat('read ', what, ' ', coalesce(CAST("value" AS VARCHAR), 'NULL'), ': it has to be a whole number, more than 0')) END;
