// What the lake answers with: rows that are read while they are asked for, or whole columns; and what
// statements are given. Types alone.

/** A moment: a Date, milliseconds since the epoch, or ISO 8601, in UTC where it names no zone. */
export type Time = Date | number | string;

/** The half-open stretch `[from, to)`; everything there is where an end is left out. */
export type TimeSpan = { from?: Time | undefined; to?: Time | undefined };

/**
 * An answer that is read while it is iterated, with flat memory. Each iteration asks the lake anew; leaving one early
 * stops the work. Several may run beside each other.
 */
export type Rows<Row> = AsyncIterable<Row> & {
  /** All rows, in memory. */
  toArray(): Promise<Row[]>;
};

/** The rows of one instrument, which can be had as columns, too. */
export type InstrumentRows<Row> = Rows<Row> & {
  /** All rows as typed arrays, in memory: 8 bytes a number. */
  columns(): Promise<Columns<Row>>;
};

/** What a row of an instrument has besides its own fields. */
export type OfInstrument = {
  /** As `binance`. */
  exchange: string;
  /** As `BTCUSDT`. */
  symbol: string;
};

/** An instrument, and the UTC days (`2026-03-01`) of its first and last bar; null while it has none. */
export type LakeSymbol = OfInstrument & { firstDay: string | null; lastDay: string | null };

/**
 * The columns of rows: numbers as Float64Array, with NaN where a row has null; booleans as Uint8Array of 0 and 1;
 * texts as arrays.
 */
export type Columns<Row> = OfInstrument & {
  /** How many rows. */
  length: number;
} & { [Name in Exclude<keyof Row, keyof OfInstrument>]: Column<Row[Name]> };

type Column<Value> = Value extends boolean
  ? Uint8Array
  : Value extends string
    ? Value[]
    : Float64Array;

/** A value that takes the place of a parameter in a statement. A Date is a TIMESTAMPTZ. */
export type SqlParameter = string | number | bigint | boolean | null | Date;

/** Values by their place (`$1`, `?`), or by their name (`$symbol`). */
export type SqlParameters = readonly SqlParameter[] | Readonly<Record<string, SqlParameter>>;
