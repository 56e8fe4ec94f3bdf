// The rows of one instrument as they are asked for: objects one by one, or typed arrays. Statements give the columns
// under the names the rows have, numbers as DOUBLE.

import type { Instrument } from '../lake/layout.ts';
import { type Batch, ColumnPieces, type Kinds, type Value } from './columns.ts';
import type { Decode, Reader } from './reader.ts';
import type { InstrumentRows, SqlParameters } from './rows.ts';

/** Whose rows, what was asked for in words, and the statement with the parameters of each of its answers, in order. */
export type Plan = {
  instrument: Instrument;
  what: string;
  sql: string;
  slices: readonly SqlParameters[];
};

const decodeBatches: Decode<Batch> = async function* (result) {
  const names = result.columnNames();
  for await (const chunk of result) {
    yield [{ names, columns: chunk.getColumns() as Value[][], rows: chunk.rowCount }];
  }
};

/** `makePlan` is asked anew by each iteration. */
export function openInstrumentRows<Row>(
  reader: Reader,
  makePlan: () => Promise<Plan>,
  kinds: Kinds,
): InstrumentRows<Row> {
  async function* readBatches({ what, sql, slices }: Plan): AsyncGenerator<Batch> {
    for (const parameters of slices) yield* reader.read(what, sql, parameters, decodeBatches);
  }
  const rows = {
    async *[Symbol.asyncIterator]() {
      const plan = await makePlan();
      for await (const batch of readBatches(plan)) yield* listRows<Row>(plan.instrument, batch);
    },
    toArray: () => Array.fromAsync<Row>(rows),
    async columns() {
      const plan = await makePlan();
      const pieces = new ColumnPieces(kinds);
      for await (const batch of readBatches(plan)) pieces.add(batch);
      return pieces.join<Row>(plan.instrument);
    },
  };
  return rows;
}

function* listRows<Row>({ exchange, symbol }: Instrument, batch: Batch): Generator<Row> {
  for (let index = 0; index < batch.rows; index++) {
    const row: Record<string, Value> = { exchange, symbol };
    for (const [place, name] of batch.names.entries()) row[name] = batch.columns[place]![index]!;
    yield row as Row;
  }
}
