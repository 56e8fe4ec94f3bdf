// The upload of finished days to a plain folder: what arrives, when, how often, and what is never replaced.

import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseConfig } from '../lake/config.ts';
import { writeFileDurably } from '../lake/durable.ts';
import { OperationalError } from '../lake/errors.ts';
import type { ModeOptions } from '../lake/mode.ts';
import { readStatus, uploadStatusSchema } from '../lake/status.ts';
import { openStores } from '../tools/store/stores.ts';
import { runUpload } from '../tools/upload/upload.ts';
import { days, firstDay, makeDescribedLake } from './described-lake.ts';
import { openStoredContext } from './stored-context.ts';
import { clockAt, digestFolder, runUploadOf } from './upload-run.ts';

let pattern: string;
let root: string;
let there: string;

beforeAll(async () => {
  pattern = (await makeDescribedLake()).root;
});

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'lake-'));
  there = `${root}-there`;
  await cp(pattern, root, { recursive: true });
  await mkdir(there);
});

const upload = (options: Parameters<typeof runUploadOf>[1] = {}) =>
  runUploadOf(root, { ...options, yaml: `folder: { path: ${there} }\n${options.yaml ?? ''}` });

const stored = () => digestFolder(there);

describe('a finished day', () => {
  it('arrives byte for byte, with its manifests and what the transformer keeps of it', async () => {
    const totals = await upload();
    expect(totals.failures).toEqual([]);
    const copies = await stored();
    const here = await digestFolder(root);
    const expected = Object.entries(here).filter(([key]) =>
      /^(parquet|trades)\/|^state\/transform\/.*(\d\.jsonl|quotes\.parquet)$/.test(key),
    );
    expect(copies).toEqual(Object.fromEntries(expected));
    expect(Object.keys(copies)).toHaveLength(6 * days.length);
    expect(totals.objects).toBe(6 * days.length);
  });

  it('is not sent twice', async () => {
    await upload();
    const steps: string[] = [];
    expect(await upload({ onStep: (step) => steps.push(step) })).toMatchObject({ objects: 0 });
    expect(steps).toEqual([]);
  });

  it('waits for its missing trades, and is then sent as it is', async () => {
    const early = await upload({ time: '2026-03-04T03:00:00Z' });
    expect(early.held.map(({ unit, reason }) => `${unit.day} ${reason}`)).toEqual([
      `${days[1]} 10 trades of it are missing`,
    ]);
    expect(early.failures).toEqual([]);
    expect(Object.keys(await stored()).some((key) => key.includes('day=02'))).toBe(false);
    expect(await upload()).toMatchObject({ held: [], objects: 6 });
  });

  it('is sent when its parts are transformed, not before', async () => {
    await rm(join(root, `state/transform/binance/BTCUSDT/${days[2]}.jsonl`));
    const { held } = await upload({ time: '2026-03-04T03:00:00Z' });
    expect(held.map(({ unit, reason }) => `${unit.day} ${reason}`)).toContain(
      `${days[2]} 1 of its raw parts are not transformed yet`,
    );
  });
});

const partition = 'binance/BTCUSDT/year=2026/month=03/day=01';
const barsKey = `parquet/${partition}/bars_1s.parquet`;
const manifestKey = `parquet/${partition}/bars_1s.manifest.json`;

/** Publishes a revision of the first day, of some other content, as the transformer does: by rename. */
async function publish(revision: number): Promise<void> {
  const [bars, manifest] = [join(root, barsKey), join(root, manifestKey)];
  const old = JSON.parse(await readFile(manifest, 'utf8'));
  const content = Buffer.from(`PAR1 revision ${revision} PAR1`);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const past = { revision: old.revision, sha256: old.sha256, reason: 'fill', seconds_changed: [] };
  const revisions = [...old.revisions, past];
  const { length: bytes } = content;
  await writeFileDurably(bars, content);
  await writeFileDurably(manifest, JSON.stringify({ ...old, revision, sha256, bytes, revisions }));
}

describe('a new revision', () => {
  it('replaces the one that is there, its manifest after it', async () => {
    await upload();
    await publish(2);
    expect(await upload()).toMatchObject({ objects: 2, failures: [] });
    const copies = await stored();
    const here = await digestFolder(root);
    for (const key of [barsKey, manifestKey]) expect(copies[key]).toBe(here[key]);
  });

  it('that is published while its day is sent waits for the next run: the pair is of one revision', async () => {
    const before = await digestFolder(root);
    let publishing: Promise<void> | undefined;
    const onStep = () => {
      publishing ??= publish(2);
    };
    // Of this day alone: the first step of another may come before this one's files are taken.
    const scope = { date: firstDay };
    expect((await upload({ onStep, scope })).failures).toEqual([]);
    await publishing;
    const copies = await stored();
    for (const key of [barsKey, manifestKey]) expect(copies[key]).toBe(before[key]);
    expect(await upload({ scope })).toMatchObject({ objects: 2, failures: [] });
  });

  it('that has not grown out of the one there replaces nothing: the day was removed here, and a late fill came', async () => {
    await upload();
    const before = await stored();
    const old = JSON.parse(await readFile(join(root, manifestKey), 'utf8'));
    await publish(1);
    const fresh = JSON.parse(await readFile(join(root, manifestKey), 'utf8'));
    await writeFile(
      join(root, manifestKey),
      JSON.stringify({ ...fresh, revisions: old.revisions }),
    );
    const quotes = `state/transform/binance/BTCUSDT/${days[0]}.quotes.parquet`;
    await writeFile(join(root, quotes), 'less');
    const { failures, objects } = await upload();
    expect(failures).toEqual([expect.stringContaining('of this one before it was removed')]);
    expect(objects).toBe(0);
    expect(await stored()).toEqual(before);
  });

  it('is not taken for ours where the one there is later', async () => {
    await publish(2);
    await upload();
    const later = await readFile(join(there, manifestKey));
    await cp(pattern, root, { recursive: true, force: true });
    await rm(join(root, 'state/upload'), { recursive: true });
    const { failures } = await upload();
    expect(failures[0]).toContain('revision 2 is there, which is later than the one here');
    expect(await readFile(join(there, manifestKey))).toEqual(later);
  });
});

describe('a file that is not what its manifest says', () => {
  it('is not sent, nor is its manifest, and the other days are', async () => {
    await writeFile(join(root, barsKey), 'PAR1 something else PAR1');
    const { failures, objects } = await upload();
    expect(failures).toEqual([
      expect.stringContaining('it is not the file its manifest describes'),
    ]);
    expect(objects).toBe(6 * days.length - 3);
    expect(Object.keys(await stored()).filter((key) => key.includes(partition))).toEqual([
      `trades/${partition}/trades.parquet`,
    ]);
  });
});

describe('with --date', () => {
  it('the store is asked for every file: what somebody has deleted there is sent again', async () => {
    await upload();
    await rm(join(there, barsKey));
    expect(await upload()).toMatchObject({ objects: 0 });
    expect(await upload({ scope: { date: days[0] } })).toMatchObject({ objects: 1, failures: [] });
    expect((await stored())[barsKey]).toBe((await digestFolder(root))[barsKey]);
  });
});

describe('without a ledger', () => {
  it('what is there is recognised by its digest, and not sent again', async () => {
    await upload();
    await rm(join(root, 'state/upload'), { recursive: true });
    expect(await upload()).toMatchObject({ objects: 0, failures: [] });
    expect(await upload({ onStep: () => expect.unreachable() })).toMatchObject({ objects: 0 });
  });

  it('an earlier revision there is replaced, and the work of another lake is not', async () => {
    await upload();
    await rm(join(root, 'state/upload'), { recursive: true });
    const path = join(
      root,
      'parquet/binance/BTCUSDT/year=2026/month=03/day=01/bars_1s.manifest.json',
    );
    const manifest = JSON.parse(await readFile(path, 'utf8'));
    await writeFile(path, JSON.stringify({ ...manifest, reconcile: { state: 'later' } }));
    expect(await upload()).toMatchObject({ objects: 1, failures: [] });

    await rm(join(root, 'state/upload'), { recursive: true });
    const before = await stored();
    const key = 'parquet/binance/BTCUSDT/year=2026/month=03/day=01/bars_1s.manifest.json';
    const foreign = { ...manifest, sha256: 'f'.repeat(64) };
    await writeFile(join(there, key), JSON.stringify(foreign));
    const { failures } = await upload();
    expect(failures[0]).toContain('what is there is of another lake');
    expect(JSON.parse(await readFile(join(there, key), 'utf8'))).toEqual(foreign);
    expect({ ...(await stored()), [key]: 0 }).toEqual({ ...before, [key]: 0 });
  });
});

it('what is strange there keeps no other day from being sent, however much it is', async () => {
  const symbols = ['AUSDT', 'BUSDT', 'CUSDT', 'DUSDT', 'EUSDT', 'FUSDT'];
  const bars = (symbol: string) => join('parquet/binance', symbol, 'year=2026/month=03/day=01');
  for (const symbol of symbols) {
    await cp(join(root, bars('BTCUSDT')), join(root, bars(symbol)), { recursive: true });
    await cp(join(root, bars('BTCUSDT')), join(there, bars(symbol)), { recursive: true });
    const path = join(there, bars(symbol), 'bars_1s.manifest.json');
    const manifest = JSON.parse(await readFile(path, 'utf8'));
    await writeFile(path, JSON.stringify({ ...manifest, sha256: 'f'.repeat(64) }));
    await writeFile(join(there, bars(symbol), 'bars_1s.parquet'), 'of another lake');
  }
  const { failures, objects } = await upload({ yaml: 'upload: { concurrency: 1 }' });
  expect(failures).toHaveLength(symbols.length);
  expect(objects).toBe(6 * days.length);
});

describe('raw parts', () => {
  const yaml = 'upload: { raw: true, raw_prefix: frames }';

  it('arrive compressed, once, with the manifest that has their hashes', async () => {
    const { objects, failures } = await upload({ yaml });
    expect(failures).toEqual([]);
    const raw = Object.keys(await stored()).filter((key) => key.startsWith('frames/'));
    expect(raw).toContain(`frames/binance/BTCUSDT/${days[0]}/part_0001.jsonl.zst`);
    expect(raw).toContain(`frames/binance/BTCUSDT/${days[0]}/manifest.jsonl`);
    expect(objects).toBe(6 * days.length + raw.length);
    await rm(join(root, 'state/upload'), { recursive: true });
    expect(await upload({ yaml })).toMatchObject({ objects: 0, failures: [] });
  });

  it('that are damaged are not sent, and are named', async () => {
    const part = join(root, `raw/binance/BTCUSDT/${days[0]}/part_0001.jsonl`);
    await writeFile(part, 'x');
    const { failures } = await upload({ yaml });
    expect(failures.join()).toContain('part_0001.jsonl: it is not the file its manifest describes');
    expect(Object.keys(await stored())).not.toContain(
      `frames/binance/BTCUSDT/${days[0]}/part_0001.jsonl.zst`,
    );
  });
});

it('the status says what was sent, what waits and how attempts went', async () => {
  await upload();
  expect(await readStatus(root, 'upload', uploadStatusSchema)).toMatchObject({
    last_run: { ok: true, objects: 18, error: null },
    stores: [
      {
        store: 'folder',
        attempts: 19,
        attempts_failed: 0,
        objects_queued: 0,
        error: null,
        last_run: { attempts: 19, failed: 0 },
      },
    ],
  });
});

it('the status says so where a run ends before it has begun', async () => {
  const config = parseConfig(`root: ${root}\nfolder: { path: ${there} }`, {});
  const [configured] = await openStores(config);
  const refuse = async () => {
    throw new OperationalError('write x: ENOSPC');
  };
  const store = Object.assign(Object.create(configured!.store), { check: refuse });
  await expect(upload({ stores: [{ ...configured!, store }] })).rejects.toThrow('write x: ENOSPC');
  expect(await readStatus(root, 'upload', uploadStatusSchema)).toMatchObject({
    last_run: { ok: false, error: 'write x: ENOSPC' },
    last_success_at: null,
  });
});

describe('the mode', () => {
  /** Its exit code, what it prints, and its warnings and errors. */
  async function run(options: ModeOptions, time: string) {
    const said: string[] = [];
    const print = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    try {
      const context = openStoredContext({ root, store: there, yaml: '' }, options, said);
      const code = await runUpload({ ...context, clock: clockAt(time) });
      return { code, said, printed: print.mock.calls.map(([text]) => text).join('') };
    } finally {
      print.mockRestore();
    }
  }
  const early = '2026-03-04T03:00:00Z';

  it('says what it did, and of a dry run also until when a day waits', async () => {
    const dry = await run({ 'dry-run': true }, early);
    expect(dry.code).toBe(0);
    expect(dry.printed).toContain(
      `hold binance/BTCUSDT ${days[1]}: 10 trades of it are missing; ` +
        'waits until 2026-03-05 00:00 UTC at most\n',
    );
    expect(dry.printed).toMatch(/^would send 12 files, \d+ bytes; 1 days wait$/m);
    expect(await stored()).toEqual({});
    const real = await run({}, early);
    expect(real).toMatchObject({ code: 0, said: [] });
    expect(real.printed).toMatch(/^upload: 12 files sent, \d+\.\d MB; 1 days wait$/m);
  });

  it('says of a dry run what a run over what is there already would do, to the file', async () => {
    await run({}, early);
    const date = { date: days[0] };
    const same = await run({ ...date, 'dry-run': true }, early);
    expect(same.printed).toMatch(/^would send 0 files, 0 bytes; 0 days wait$/m);
    const [key] = Object.keys(await stored()).filter((name) => name.endsWith('trades.parquet'));
    await writeFile(join(there, key!), 'damaged');
    const dry = await run({ ...date, 'dry-run': true }, early);
    expect(dry.printed).toMatch(/^replace trades\S* \(\d+ bytes\) to file:/m);
    expect(dry.printed).toMatch(/^would send 1 files, \d+ bytes; 0 days wait$/m);
    expect((await run(date, early)).printed).toMatch(/^upload: 1 files sent/m);
  });

  it('says of a dry run which days would be deleted here, those it would send first, too', async () => {
    const late = '2026-03-20T03:00:00Z';
    const foretold = (day: string, more = '') =>
      `would delete the Parquet files of binance/BTCUSDT ${day}${more}\n`;
    const first = await run({ 'dry-run': true }, late);
    expect(first).toMatchObject({ code: 0, said: [] });
    for (const day of days.slice(0, 2)) {
      expect(first.printed).toContain(foretold(day, ', once they have arrived'));
    }
    await run({}, early);
    const later = await run({ 'dry-run': true }, late);
    expect(later.printed).toContain(foretold(days[0]));
    expect(later.printed).toContain(foretold(days[1], ', once they have arrived'));
    expect(later.printed).not.toContain(days[2].concat(', once'));
  });

  it('says of a dry run what would be refused, and fails as the run would', async () => {
    await run({}, early);
    await rm(join(root, 'state/upload'), { recursive: true });
    for (const name of Object.keys(await stored()).filter((key) => key.endsWith('manifest.json'))) {
      const manifest = JSON.parse(await readFile(join(there, name), 'utf8'));
      const sha256 = '0'.repeat(64);
      await writeFile(join(there, name), JSON.stringify({ ...manifest, sha256, revisions: [] }));
    }
    const before = await stored();
    const dry = await run({ 'dry-run': true }, early);
    expect(dry.code).toBe(1);
    expect(dry.printed).toMatch(
      /^cannot send binance\/BTCUSDT .*: what is there is of another lake/m,
    );
    const { code, said } = await run({}, early);
    expect(code).toBe(1);
    expect(said).toContainEqual(expect.stringContaining('what is there is of another lake'));
    expect(await stored()).toEqual(before);
  });

  it('says of a dry run that the days stay here where nothing would arrive', async () => {
    await rm(there, { recursive: true });
    const { code, printed } = await run({ 'dry-run': true }, '2026-03-20T03:00:00Z');
    expect(code).toBe(1);
    expect(printed).toContain(`would keep the Parquet files of binance/BTCUSDT ${days[0]}: `);
    expect(printed).not.toContain('would delete');
  });

  it('fails where the store is gone, also in a dry run that would have nothing to send', async () => {
    await run({}, early);
    await rm(there, { recursive: true });
    for (const options of [{ 'dry-run': true }, {}]) {
      const { code, said } = await run(options, early);
      expect(code).toBe(1);
      expect(said).toContainEqual(expect.stringMatching(/^upload to file:.*: open .*: ENOENT/));
    }
  });
});
