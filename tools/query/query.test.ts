import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { beforeAll, describe, expect, it } from 'vitest';

const main = join(import.meta.dirname, '../../main.ts');
const sleeping = 'SELECT pg_sleep(600)';
let root: string;
let state: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'lake-'));
  state = await mkdtemp(join(tmpdir(), 'state-'));
});

/** Resolves when the child has written `words` after what was awaited before. */
function openReader(child: ChildProcess) {
  let unread = '';
  child.stdout!.setEncoding('utf8').on('data', (chunk) => {
    unread += chunk;
  });
  return async (words: string): Promise<string> => {
    while (!unread.includes(words)) {
      await Promise.race([
        once(child.stdout!, 'data'),
        once(child, 'close').then(() => {
          throw new Error(`ended without "${words}": ${unread}`);
        }),
      ]);
    }
    const end = unread.indexOf(words) + words.length;
    const read = unread.slice(0, end);
    unread = unread.slice(end);
    return read;
  };
}

describe('mode query', () => {
  it('stops a query by SIGINT, as asked, and says that its answer is not all', async () => {
    const sql = `SELECT 7 AS x; ${sleeping}`;
    const args = [main, '--mode', 'query', '--root', root, '--format', 'csv', sql];
    const child = spawn(process.execPath, args);
    const read = openReader(child);
    const told = text(child.stderr);
    await read('x\n7\n');
    child.kill('SIGINT');
    const [code] = await once(child, 'close');
    expect(code).toBe(0);
    expect(await told).toBe('crypto-lake: query stopped; what is shown of its answer is not all\n');
  });

  it('is a prompt on a terminal: lines, completion, Ctrl-C, history', async () => {
    const node = `'${process.execPath}' '${main}' --mode query --root '${root}'`;
    const child = spawn('script', ['-qfec', `stty cols 60; exec ${node}`, '/dev/null'], {
      env: { ...process.env, XDG_STATE_HOME: state, TERM: 'xterm', SHELL: '/bin/sh' },
    });
    const read = openReader(child);
    const type = (keys: string) => child.stdin.write(keys);
    await read('lake> ');
    type('SELECT 40 + 2 AS x,\r');
    await read('... ');
    type("repeat('y', 99) AS z;\r");
    expect(await read('(1 row)')).toMatch(/\r\n42 {2}y{55}…\r\n/);
    await read(' s\r\n');
    await read('lake> ');
    type('SELECT trade_id FROM trades_l');
    await read('trades_l');
    type('\t');
    await read('ive');
    // The line goes; the prompt stays.
    type('\u0003');
    await read('lake> ');
    type(`SELECT 7 AS ready; ${sleeping};\r`);
    await read('(1 row)');
    type('\u0003');
    await read('query stopped');
    await read('lake> ');
    type('SELECT nothing;\r');
    await read('LINE 1: SELECT nothing');
    await read('lake> ');
    type('\u0003');
    const [code] = await once(child, 'close');
    expect(code).toBe(0);
    const kept = await readFile(join(state, 'crypto-lake/history'), 'utf8');
    expect(
      kept
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      "SELECT 40 + 2 AS x, repeat('y', 99) AS z;",
      'SELECT 7 AS ready;',
      `${sleeping};`,
      'SELECT nothing;',
    ]);
  });
});
