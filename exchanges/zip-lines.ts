// The lines of the one text file in a zip, inflated as they are read. Memory is bounded by a chunk and
// the longest line.

import { openPromise, type ZipFile } from 'yauzl';

const maxLineLength = 100_000;

/** Lines in file order, some at a time, without their ends. Rejects where the zip is damaged. */
export async function* readZipLines(path: string): AsyncGenerator<string[]> {
  const zip = await openPromise(path, { autoClose: false });
  try {
    yield* readLines(await openOnlyEntry(zip));
  } finally {
    zip.close();
  }
}

async function openOnlyEntry(zip: ZipFile): Promise<AsyncIterable<Buffer>> {
  if (zip.entryCount !== 1) throw new Error(`the zip holds ${zip.entryCount} files instead of one`);
  for await (const entry of zip.eachEntry()) return zip.openReadStreamPromise(entry);
  throw new Error('the zip holds no file');
}

async function* readLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<string[]> {
  let rest = '';
  for await (const chunk of chunks) {
    // Numbers, names and separators: ASCII, so that no character is split between chunks.
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = lines.pop()!;
    if (rest.length > maxLineLength) throw new Error(`a line is longer than ${maxLineLength}`);
    if (lines.length > 0) yield lines.map(dropReturn);
  }
  if (rest !== '') yield [dropReturn(rest)];
}

function dropReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}
