import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseConfig } from '../../../lake/config.ts';
import { openLakeReader } from './lake-reader.ts';

it('lets who waits for another leave at once, and ends what has begun', async () => {
  const root = await mkdtemp(join(tmpdir(), 'reader-'));
  const config = parseConfig(JSON.stringify({ root }), {});
  const reader = openLakeReader(config, { memoryLimit: '100MB', threads: 1 });
  const long = Promise.withResolvers<void>();
  const first = reader.withSession(() => long.promise);
  const stop = new AbortController();
  const waiting = reader.boundTo(stop.signal).query('SELECT 1');
  stop.abort();
  await expect(waiting).rejects.toThrow('stopped: it took too long');
  long.resolve();
  await first;

  const late = new AbortController();
  const endless = reader.boundTo(late.signal).withSession(async (session) => {
    // Comes while DuckDB does nothing, and is forgotten by it.
    late.abort();
    await session.connection.run('SELECT count(*) FROM range(100000000000)');
  });
  await expect(endless).rejects.toThrow('stopped: it took too long');
  expect((await reader.query('SELECT 1')).rows).toEqual([[1]]);
  await reader.close();
  await rm(root, { recursive: true });
});
