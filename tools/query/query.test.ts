import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { tradeLine, us } from '../../tests/raw-lines.ts';
import { makeScratchLake } from '../../tests/scratch-lake.ts';

const run = promisify(execFile);
const main = join(import.meta.dirname, '../../main.ts');
let root: string;

/** The program's answer, or what it wrote and the code it ended with. */
async function query(...args: string[]) {
  const child = run(process.execPath, [main, '--mode', 'query', '--root', root, ...args]);
  child.child.stdin!.end();
  return child;
}

beforeAll(async () => {
  const lake = await makeScratchLake();
  root = lake.root;
  const at = us('2026-03-01T10:00:58Z');
  await lake.writePart('2026-03-01', 1, [
    tradeLine({ id: 1, us: at, price: '10', quantity: '0.1' }),
    tradeLine({ id: 2, us: at + 3e6, price: '12', quantity: '0.2', maker: true }),
  ]);
  await lake.transform();
});

describe('mode query', () => {
  it('shows a table', async () => {
    const { stdout } = await query('SELECT symbol, count(*) AS bars FROM bars_1s GROUP BY symbol');
    expect(stdout).toBe('symbol   bars\n-------  ----\nBTCUSDT     4\n(1 row)\n');
  });

  it('rolls seconds up as the exchange does: open is the first trade inside, sums are exact', async () => {
    const { stdout } = await query(
      '--format',
      'json',
      'SELECT open, close, volume_base, volume_quote, seconds, complete FROM bars_1m ORDER BY window_start',
    );
    expect(JSON.parse(stdout)).toEqual([
      { open: 10, close: 10, volume_base: 0.1, volume_quote: 1, seconds: 2, complete: false },
      { open: 12, close: 12, volume_base: 0.2, volume_quote: 2.4, seconds: 2, complete: false },
    ]);
  });

  it('writes CSV that keeps commas and quotes, and Parquet to a file', async () => {
    const { stdout } = await query('--format', 'csv', `SELECT 'a,"b"' AS x, NULL AS y, 1.5 AS z`);
    expect(stdout).toBe('x,y,z\n"a,""b""",,1.5\n');
    const out = join(root, 'answer.parquet');
    await query('--format', 'parquet', '--out', out, 'FROM trades');
    expect((await readFile(out)).subarray(0, 4).toString()).toBe('PAR1');
  });

  it('reads the query from a file, and makes a deleted catalog again', async () => {
    const file = join(root, 'query.sql');
    await writeFile(file, 'SELECT max(trade_id) AS last FROM trades;\n');
    await rm(join(root, 'lake.duckdb'));
    const { stdout } = await query('--file', file, '--format', 'csv');
    expect(stdout).toBe('last\n2\n');
  });

  it('says what is wrong with a query, and refuses to write into the catalog', async () => {
    await expect(query('SELEC 1')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('syntax error at or near "SELEC"'),
    });
    await expect(query('DROP VIEW bars_1s')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('DROP is refused'),
    });
  });

  it('names the views there are where a query asks for a table that is not there', async () => {
    await expect(
      query('WITH a AS (FROM trades) SELECT * FROM bars_2m JOIN a USING (symbol)'),
    ).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /\n {2}there is no bars_2m; the lake has bars_15m, .*\btrades\b/,
      ),
    });
  });

  it('answers an empty lake with empty views, and a missing one with a hint', async () => {
    const full = root;
    root = await mkdtemp(join(tmpdir(), 'lake-'));
    const { stdout } = await query('--format', 'csv', 'SELECT count(*) AS n FROM bars_1h');
    expect(stdout).toBe('n\n0\n');
    root = join(root, 'missing');
    await expect(query('SELECT 1')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('name the lake with --root DIR'),
    });
    root = full;
  });
});
