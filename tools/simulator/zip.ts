// A zip with one deflated file, as archives of market data hold their CSVs. The text comes in pieces;
// only the zip is held in memory. Source: PKWARE APPNOTE 6.3.9, 4.3: local header, data, central
// directory, end record; all numbers little-endian.

import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { crc32, createDeflateRaw } from 'node:zlib';

type ZipEntry = { name: Buffer; crc: number; bytes: number; data: Buffer };

const version = 20;
const deflated = 8;
/** 1980-01-01, the first date there is: the same text gives the same bytes at any time. */
const dosDate = 33;
/** Beyond it a zip needs other headers. */
const maxBytes = 0xffff_ffff;

export async function createZip(name: string, pieces: AsyncIterable<string>): Promise<Buffer> {
  const entry = { name: Buffer.from(name), crc: 0, bytes: 0 };
  async function* count() {
    for await (const piece of pieces) {
      const bytes = Buffer.from(piece);
      entry.crc = crc32(bytes, entry.crc);
      entry.bytes += bytes.length;
      yield bytes;
    }
  }
  const text = Readable.from(count(), { objectMode: false });
  const deflate = createDeflateRaw({ level: 1 });
  text.once('error', (error) => deflate.destroy(error));
  const data = await buffer(text.pipe(deflate));
  if (entry.bytes > maxBytes) throw new RangeError(`zip ${name}: longer than ${maxBytes} bytes`);
  return formatZip({ ...entry, data });
}

function formatZip(entry: ZipEntry): Buffer {
  const local = [int32(0x0403_4b50), describe(entry), entry.name, entry.data];
  const dataEnd = local.reduce((sum, part) => sum + part.length, 0);
  const directory = Buffer.concat([
    int32(0x0201_4b50),
    int16(version),
    describe(entry),
    // Comment, disk, attributes within and without, offset of the local header.
    Buffer.alloc(2 + 2 + 2 + 4 + 4),
    entry.name,
  ]);
  const end = Buffer.concat([
    int32(0x0605_4b50),
    Buffer.alloc(4),
    int16(1),
    int16(1),
    int32(directory.length),
    int32(dataEnd),
    int16(0),
  ]);
  return Buffer.concat([...local, directory, end]);
}

/** The fields that stand in the local header and in the directory alike. */
function describe({ name, crc, bytes, data }: ZipEntry): Buffer {
  return Buffer.concat([
    int16(version),
    int16(0),
    int16(deflated),
    int16(0),
    int16(dosDate),
    int32(crc),
    int32(data.length),
    int32(bytes),
    int16(name.length),
    int16(0),
  ]);
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
