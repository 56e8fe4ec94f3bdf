// Rows of DuckDB as an Arrow stream in a file: times in microseconds, UTC; numbers as they are; what Arrow has no
// simple type for as text. Rows that break off are no whole answer. Apache Arrow is loaded when it is needed.

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import type { DuckDBDataChunk, DuckDBResult, DuckDBValue } from '@duckdb/node-api';
import type { Data, DataType, RecordBatch, Schema } from 'apache-arrow';
import { readChunks } from '../../../lake/duckdb.ts';
import { listColumns } from './json-rows.ts';

type Arrow = typeof import('apache-arrow');
type Values = readonly DuckDBValue[];

/** How many rows were written. */
export async function writeArrow(result: DuckDBResult, path: string): Promise<number> {
  const arrow = await import('apache-arrow');
  const schema = toSchema(arrow, result);
  const file = createWriteStream(path);
  const writer = new arrow.RecordBatchStreamWriter();
  writer.reset(undefined, schema);
  writer.toNodeStream().pipe(file);
  let rows = 0;
  for await (const chunk of readChunks(result)) {
    rows += chunk.rowCount;
    writer.write(toBatch(arrow, schema, chunk));
    // What is not on disk yet is never more than a batch and the buffers of the file.
    if (file.writableNeedDrain) await once(file, 'drain');
  }
  writer.finish();
  await finished(file);
  return rows;
}

function toSchema(arrow: Arrow, result: DuckDBResult): Schema {
  const fields = listColumns(result).map(
    ({ name, type }) => new arrow.Field(name, toType(arrow, type), true),
  );
  return new arrow.Schema(fields);
}

function toType(arrow: Arrow, type: string): DataType {
  switch (type) {
    case 'DOUBLE':
      return new arrow.Float64();
    case 'INTEGER':
      return new arrow.Int32();
    case 'BIGINT':
      return new arrow.Int64();
    case 'BOOLEAN':
      return new arrow.Bool();
    case 'DATE':
      return new arrow.DateDay();
    case 'TIMESTAMP WITH TIME ZONE':
      return new arrow.TimestampMicrosecond('UTC');
    case 'TIMESTAMP':
      return new arrow.TimestampMicrosecond();
    default:
      return new arrow.Utf8();
  }
}

function toBatch(arrow: Arrow, schema: Schema, chunk: DuckDBDataChunk): RecordBatch {
  const children = schema.fields.map(({ type }, index) =>
    toData(arrow, type, chunk.getColumnValues(index)),
  );
  const length = chunk.rowCount;
  const data = arrow.makeData({ type: new arrow.Struct(schema.fields), length, children });
  return new arrow.RecordBatch(schema, data);
}

function toData(arrow: Arrow, type: DataType, values: Values): Data {
  if (arrow.DataType.isUtf8(type)) {
    const texts = values.map((value) => (value === null ? null : String(value)));
    return arrow.vectorFromArray(texts, type).data[0]!;
  }
  const { length } = values;
  const nullBitmap = packBits(values.map((value) => value !== null));
  const nullCount = values.filter((value) => value === null).length;
  if (arrow.DataType.isBool(type)) {
    const data = packBits(values.map((value) => value === true));
    return arrow.makeData({ type, length, nullCount, nullBitmap, data });
  }
  const data = fill(type.ArrayType as { new (length: number): WritableNumbers }, values);
  return arrow.makeData({ type, length, nullCount, nullBitmap, data } as never);
}

type WritableNumbers = { length: number; [index: number]: number | bigint };

/** A null has any value; 0 is one. */
function fill(
  ArrayType: { new (length: number): WritableNumbers },
  values: Values,
): WritableNumbers {
  const numbers = new ArrayType(values.length);
  for (const [index, value] of values.entries()) {
    if (value !== null) numbers[index] = toNumber(value);
  }
  return numbers;
}

function toNumber(value: DuckDBValue): number | bigint {
  if (typeof value === 'number' || typeof value === 'bigint') return value;
  if (typeof value === 'object' && value !== null) {
    if ('micros' in value) return value.micros as bigint;
    if ('days' in value) return value.days as number;
  }
  throw new TypeError(`convert to Arrow: ${typeof value} is no number`);
}

/** Least significant bit first. */
function packBits(bits: readonly boolean[]): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(bits.length / 8));
  for (const [index, bit] of bits.entries()) {
    if (bit) bytes[index >> 3]! |= 1 << (index & 7);
  }
  return bytes;
}
