// The rows of one instrument as they are asked for: objects one by one, or typed arrays. Statements give the columns
// under the names the rows have, numbers as DOUBLE.

import type { Instrument } from '../lake/layout.ts';
import { type Batch, ColumnPieces, type Kinds, type Value } from './columns.ts';
import type { Ask, Reader } from './reader.ts';
import type { InstrumentRows, Rows } from './rows.ts';

/** Whose rows, what was asked for in words, and the statements whose answers follow each other. */
export type Plan = { instrument: Instrument; what: string; asks: Iterable<Ask> };

/** `iterate` asks anew each time. */
export function openRows<Row>(iterate: () => AsyncIterator<Row>): Rows<Row> {
  const rows = { [Symbol.asyncIterator]: iterate };
  return { ...rows, toArray: () => Array.fromAsync<Row>(rows) };
}

/** `makePlan` is asked anew by each iteration. */
export function openInstrumentRows<Row>(
  reader: Reader,
  makePlan: () => Promise<Plan>,
  kinds: Kinds,
): InstrumentRows<Row> {
  async function* iterate() {
    const plan = await makePlan();
    for await (const batch of readBatches(reader, plan)) yield* listRows<Row>(plan, batch);
  }
  async function readColumns() {
    const plan = await makePlan();
    const pieces = new ColumnPieces(kinds);
    for await (const batch of readBatches(reader, plan)) pieces.add(batch);
    return pieces.join<Row>(plan.instrument);
  }
  return { ...openRows(iterate), columns: readColumns };
}

async function* readBatches(reader: Reader, { what, asks }: Plan): AsyncGenerator<Batch> {
  for await (const { chunk, result } of reader.read(what, asks)) {
    const columns = chunk.getColumns() as Value[][];
    yield { names: result.columnNames(), columns, rows: chunk.rowCount };
  }
}

function* listRows<Row>({ instrument }: Plan, { names, columns, rows }: Batch): Generator<Row> {
  const { exchange, symbol } = instrument;
  for (let index = 0; index < rows; index++) {
    const row: Record<string, Value> = { exchange, symbol };
    for (const [place, name] of names.entries()) row[name] = columns[place]![index]!;
    yield row as Row;
  }
}
