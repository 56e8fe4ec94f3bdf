import { existsSync } from 'node:fs';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { openSystemClock } from '../lake/clock.ts';
import { parseConfig } from '../lake/config.ts';
import { ConfigError } from '../lake/errors.ts';
import { type ProcessLog, silentLog } from '../lake/log.ts';
import type { LogLevel } from '../lake/log-line.ts';
import type { ReloadHandler } from '../lake/reload.ts';
import { readHeartbeat } from '../tools/health/health.ts';
import type { Heartbeat } from '../tools/health/heartbeat.ts';
import type { ServiceReport } from '../tools/health/service-report.ts';
import type { Service } from './service-table.ts';
import { type Supervision, type SupervisionEnd, supervise } from './supervise.ts';

// The program started here instead of main.ts: notes that it runs, and does what its mode says.
const fakeProgram = `
  import { appendFileSync } from 'node:fs';
  const [, , , mode, , root] = process.argv;
  const note = (what) => appendFileSync(root + '/notes', mode + ' ' + process.pid + ' ' + what + '\\n');
  const stay = () => setInterval(() => {}, 1000);
  const end = (code) => { note('end'); process.exit(code); };
  // What it listens for, before anybody can know that it runs.
  if (mode === 'deaf') process.on('SIGTERM', () => note('deaf'));
  if (['loyal', 'devoted', 'faithful'].includes(mode)) {
    stay();
    process.on('SIGTERM', () => end(0));
    process.on('message', ({ reload }) => reload && note('reload'));
  }
  note('start');
  process.send({ log: { level: 'info', line: 'a line of ' + mode } });
  if (mode === 'good') end(0);
  if (mode === 'bad') end(1);
  if (mode === 'unconfigured') end(78);
  if (mode === 'slow') setTimeout(() => end(0), 700);
  if (mode === 'deaf') stay();
  if (mode === 'crashing') {
    process.stderr.write('crashing: no such thing\\n');
    setTimeout(() => end(1), 30);
  }
`;

let root: string;
let program: string;
let stop: AbortController;
let reload: ReloadHandler;
let cascades: { why: string; reports: readonly ServiceReport[] }[];
let entries: { level: string; text: string }[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'crypto-lake-orchestrate-'));
  program = join(root, 'program.mjs');
  await writeFile(program, fakeProgram);
  stop = new AbortController();
  entries = [];
  cascades = [];
});

const add = (level: string) => (text: string) => void entries.push({ level, text });
const log: ProcessLog = {
  ...silentLog,
  info: add('info'),
  warn: add('warn'),
  error: add('error'),
  relay: (level: LogLevel, line: string) => add(`relayed ${level}`)(line),
};

const always = (name: string): Service => ({ name, runs: 'always' });

function start(services: Service[], more: Partial<Supervision> = {}): Promise<SupervisionEnd> {
  return supervise({
    config: parseConfig('', { CRYPTO_LAKE_ROOT: root }),
    configPath: undefined,
    planServices: () => services,
    program,
    limits: { restart: { firstMs: 20, maxMs: 80 }, resetAfterMs: 60_000, stopWithinMs: 5000 },
    log,
    clock: openSystemClock(),
    random: () => 0.5,
    findStartWaitMs: () => 0,
    pastCascade: undefined,
    countBadEnds: () => 0,
    onReload(handler) {
      reload = handler;
    },
    reportCascade: async (why, reports) => void cascades.push({ why, reports }),
    signal: stop.signal,
    ...more,
  });
}

type Note = { mode: string; pid: number; what: string };

async function readNotes(): Promise<Note[]> {
  if (!existsSync(join(root, 'notes'))) return [];
  const lines = (await readFile(join(root, 'notes'), 'utf8')).trimEnd().split('\n');
  return lines.map((line) => {
    const [mode, pid, what] = line.split(' ');
    return { mode: mode!, pid: Number(pid), what: what! };
  });
}

/** Waits until `find` finds something. */
async function until<T>(find: () => Promise<T | undefined>): Promise<T> {
  for (let i = 0; i < 1000; i++) {
    const found = await find();
    if (found !== undefined) return found;
    await sleep(10);
  }
  throw new Error(`waited in vain; log: ${JSON.stringify(entries)}`);
}

const untilNote = (mode: string, what: string, count = 1) =>
  until(async () => {
    const notes = (await readNotes()).filter((note) => note.mode === mode && note.what === what);
    return notes[count - 1];
  });

const untilHeartbeat = (matches: (heartbeat: Heartbeat) => boolean) =>
  until(async () => {
    const heartbeat = await readHeartbeat(root);
    return heartbeat !== undefined && matches(heartbeat) ? heartbeat : undefined;
  });

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('supervise', () => {
  it('starts a long-running service again that was killed, and says so', async () => {
    const ended = start([always('loyal')]);
    const { pid } = await untilNote('loyal', 'start');
    process.kill(pid, 'SIGKILL');
    const second = await untilNote('loyal', 'start', 2);
    expect(second.pid).not.toBe(pid);
    const heartbeat = await untilHeartbeat(({ services }) => services[0]?.restarts === 1);
    expect(heartbeat.problems).toMatchObject([{ id: 'loyal-restarts', severity: 'degraded' }]);
    expect(entries).toContainEqual({
      level: 'warn',
      text: expect.stringMatching(
        /^loyal was ended by SIGKILL after \d s; restart 1 in a row in 0/,
      ),
    });
    stop.abort();
    await ended;
  });

  it('restarts what crashes, calls for a person, and at the fourth time stops everything', async () => {
    const { cascade, failed } = await start([always('loyal'), always('crashing')]);
    expect(cascade).toBe('crashing failed 4 times within an hour');
    expect(failed).toEqual(['crashing']);
    const levels = entries
      .filter(({ text }) => text.includes('in a row'))
      .map(({ level }) => level);
    expect(levels).toEqual(['warn', 'warn', 'error', 'error']);
    expect((await readNotes()).filter(({ mode }) => mode === 'loyal').at(-1)?.what).toBe('end');
    const report = cascades[0]?.reports.find(({ name }) => name === 'crashing');
    expect(report?.lastErrors).toContain('crashing: no such thing');
    expect(await readHeartbeat(root)).toMatchObject({
      status: 'unhealthy',
      problems: expect.arrayContaining([expect.objectContaining({ id: 'cascade' })]),
    });
  });

  it('takes nothing down for a service the lake is whole without, however often it fails', async () => {
    const ended = start([always('loyal'), { ...always('crashing'), isAside: true }]);
    await untilNote('crashing', 'start', 6);
    const heartbeat = await untilHeartbeat(({ problems }) => problems.length > 0);
    expect(heartbeat.status).toBe('degraded');
    stop.abort();
    expect(await ended).toEqual({ cascade: undefined, failed: [] });
    expect((await readNotes()).filter(({ mode }) => mode === 'loyal')).toHaveLength(2);
  });

  it('takes two services that are killed together for a cascade', async () => {
    const ended = start([always('loyal'), always('devoted')]);
    for (const mode of ['loyal', 'devoted']) {
      process.kill((await untilNote(mode, 'start')).pid, 'SIGKILL');
      await until(async () => entries.find(({ text }) => text.startsWith(`${mode} was ended by`)));
    }
    expect((await ended).cascade).toBe('loyal and devoted failed within 60 s');
  });

  it('leaves everything running where a job fails at what it works on', async () => {
    const ended = start([
      always('loyal'),
      { name: 'bad', runs: { atStart: true, schedules: [{ everyMs: 50 }] } },
    ]);
    await untilNote('bad', 'start', 6);
    stop.abort();
    expect((await ended).cascade).toBeUndefined();
  });

  it('runs a job after every good run of another, and once more for what came meanwhile', async () => {
    const every = { atStart: true, schedules: [{ everyMs: 150 }] };
    const ended = start([
      { name: 'good', runs: every },
      { name: 'slow', runs: { after: 'good', schedules: [] } },
      { name: 'bad', runs: every },
      { name: 'never', runs: { after: 'bad', schedules: [] } },
    ]);
    await untilNote('slow', 'end', 2);
    stop.abort();
    await ended;
    const notes = await readNotes();
    const kinds = notes.filter(({ mode }) => mode === 'slow').map(({ what }) => what);
    expect(kinds.slice(0, 4)).toEqual(['start', 'end', 'start', 'end']);
    expect(notes.findIndex(({ mode }) => mode === 'slow')).toBeGreaterThan(
      notes.findIndex(({ mode, what }) => mode === 'good' && what === 'end'),
    );
    expect(notes.some(({ mode }) => mode === 'never')).toBe(false);
  });

  it('starts no second process where the first run was put off and the schedule came before', async () => {
    const runs = { atStart: true, schedules: [{ everyMs: 100 }] };
    const ended = start([{ name: 'slow', runs }], { findStartWaitMs: () => 300 });
    await untilNote('slow', 'end');
    stop.abort();
    await ended;
    expect((await readNotes()).map(({ what }) => what).slice(0, 2)).toEqual(['start', 'end']);
  });

  it('asks for room at once where the disk is nearly full', async () => {
    const config = parseConfig('cleanup: { disk_alert_percent: 1 }', { CRYPTO_LAKE_ROOT: root });
    const ended = start([{ name: 'good', runs: { onFullDisk: true, schedules: [] } }], { config });
    await untilNote('good', 'end');
    stop.abort();
    await ended;
    expect(entries).toContainEqual({
      level: 'warn',
      text: expect.stringMatching(/^the disk of .* is nearly full: \S+ GB are free$/),
    });
  });

  it('takes new times, new services and gone ones from a new configuration', async () => {
    const table: Service[] = [
      always('loyal'),
      { name: 'good', runs: { schedules: [{ everyMs: 3_600_000 }] } },
      always('devoted'),
    ];
    const ended = start(table);
    await untilNote('devoted', 'start');
    await untilNote('loyal', 'start');
    table.splice(
      0,
      3,
      always('loyal'),
      { name: 'good', runs: { schedules: [{ everyMs: 50 }] } },
      always('faithful'),
    );
    await reload(parseConfig('', { CRYPTO_LAKE_ROOT: root }), '');
    await untilNote('good', 'end', 2);
    await untilNote('devoted', 'end');
    await untilNote('faithful', 'start');
    await untilNote('loyal', 'reload');
    const { services } = await untilHeartbeat((heartbeat) => heartbeat.services.length === 3);
    expect(services.map(({ name }) => name)).toEqual(['loyal', 'good', 'faithful']);
    stop.abort();
    await ended;
  });

  it('has a service wait before its first run where it is told to', async () => {
    const findStartWaitMs = (name: string) => (name === 'loyal' ? 60_000 : 0);
    const ended = start([always('loyal'), always('devoted')], { findStartWaitMs });
    await untilNote('devoted', 'start');
    stop.abort();
    await ended;
    expect((await readNotes()).map(({ mode }) => mode)).toEqual(['devoted', 'devoted']);
  });

  it('starts nothing any more once it is told to stop, not even what waits for its restart', async () => {
    const limits = {
      restart: { firstMs: 400, maxMs: 400 },
      resetAfterMs: 60_000,
      stopWithinMs: 300,
    };
    const ended = start([always('crashing')], { limits });
    await until(async () => entries.find(({ text }) => text.includes('restart 1 in a row')));
    stop.abort();
    await ended;
    await sleep(400);
    expect((await readNotes()).map(({ what }) => what)).toEqual(['start', 'end']);
  });

  it('stops every child by SIGTERM and leaves none behind', async () => {
    const ended = start([
      always('loyal'),
      { name: 'good', runs: { atStart: true, schedules: [{ everyMs: 60_000 }] } },
    ]);
    const { pid } = await untilNote('loyal', 'start');
    await until(async () => entries.find(({ text }) => text.startsWith('good exited with code 0')));
    stop.abort();
    await ended;
    await untilNote('loyal', 'end');
    expect(isAlive(pid)).toBe(false);
    expect((await readHeartbeat(root))?.status).toBe('unhealthy');
    expect(entries.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('kills a child that does not obey SIGTERM in time, and reports it as an error', async () => {
    const limits = { restart: { firstMs: 20, maxMs: 80 }, resetAfterMs: 60_000, stopWithinMs: 300 };
    const ended = start([always('deaf')], { limits });
    const { pid } = await untilNote('deaf', 'start');
    stop.abort();
    await ended;
    expect(isAlive(pid)).toBe(false);
    expect(entries).toContainEqual({
      level: 'error',
      text: 'deaf did not stop within 0.3 s of SIGTERM and is killed',
    });
  });

  it('stops everything when a child finds the configuration wrong, and restarts nothing', async () => {
    const ended = start([always('loyal'), always('unconfigured')]);
    await expect(ended).rejects.toThrow(ConfigError);
    const notes = await readNotes();
    expect(
      notes.filter(({ mode, what }) => mode === 'unconfigured' && what === 'start'),
    ).toHaveLength(1);
    expect(notes.filter(({ pid }) => isAlive(pid))).toEqual([]);
  });

  it('runs a scheduled service at the start and when due, never twice at once', async () => {
    const ended = start([{ name: 'slow', runs: { atStart: true, schedules: [{ everyMs: 300 }] } }]);
    await untilNote('slow', 'end', 2);
    stop.abort();
    await ended;
    const kinds = (await readNotes()).map(({ what }) => what);
    expect(kinds.slice(0, 4)).toEqual(['start', 'end', 'start', 'end']);
    expect(entries).toContainEqual({
      level: 'info',
      text: 'slow is due, but still running: this run is skipped',
    });
  });

  it('reports a scheduled run that failed, and runs it again when next due', async () => {
    const ended = start([{ name: 'bad', runs: { atStart: true, schedules: [{ everyMs: 200 }] } }]);
    await untilNote('bad', 'start', 2);
    const heartbeat = await untilHeartbeat(({ problems }) => problems.length > 0);
    expect(heartbeat.problems).toMatchObject([{ id: 'bad-failed', severity: 'degraded' }]);
    stop.abort();
    await ended;
    expect(entries.some(({ level, text }) => level === 'error' && /^bad exited/.test(text))).toBe(
      true,
    );
  });

  it('tries a job that failed again before it is due, where it is told to', async () => {
    const ended = start([{ name: 'bad', runs: { atStart: true, schedules: [], retryMs: 50 } }]);
    await untilNote('bad', 'start', 3);
    stop.abort();
    await ended;
    const { length } = await readNotes();
    await sleep(150);
    expect(await readNotes()).toHaveLength(length);
  });

  it('writes the log lines of its children', async () => {
    const ended = start([always('loyal')]);
    await until(async () => entries.find(({ level }) => level === 'relayed info'));
    stop.abort();
    await ended;
    expect(entries).toContainEqual({ level: 'relayed info', text: 'a line of loyal' });
  });

  it('gives a child that cannot be started four tries', async () => {
    // More than a command line can hold.
    const ended = start([always('loyal')], { configPath: 'x'.repeat(3_000_000) });
    const { text } = await until(async () => entries.find(({ level }) => level === 'error'));
    expect(text).toMatch(/^loyal could not be started: spawn E2BIG; restart 3 in a row in/);
    expect((await ended).cascade).toBe('loyal failed 4 times within an hour');
  });
});
