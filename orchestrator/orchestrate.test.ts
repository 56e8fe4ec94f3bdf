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
import { readHeartbeat } from '../tools/health/health.ts';
import type { Heartbeat } from '../tools/health/heartbeat.ts';
import { type Supervision, supervise } from './orchestrate.ts';
import type { Service } from './service-table.ts';

// The program started here instead of main.ts: notes that it runs, and does what its mode says.
const fakeProgram = `
  import { appendFileSync } from 'node:fs';
  const [, , , mode, , root] = process.argv;
  const note = (what) => appendFileSync(root + '/notes', mode + ' ' + process.pid + ' ' + what + '\\n');
  note('start');
  process.send({ log: { level: 'info', line: 'a line of ' + mode } });
  const stay = () => setInterval(() => {}, 1000);
  const end = (code) => { note('end'); process.exit(code); };
  if (mode === 'good') end(0);
  if (mode === 'bad') end(1);
  if (mode === 'unconfigured') end(78);
  if (mode === 'slow') setTimeout(() => end(0), 700);
  if (mode === 'loyal') { stay(); process.on('SIGTERM', () => end(0)); }
  if (mode === 'deaf') { stay(); process.on('SIGTERM', () => note('deaf')); }
  if (mode === 'crashing') setTimeout(() => end(1), 30);
`;

let root: string;
let program: string;
let stop: AbortController;
let entries: { level: string; text: string }[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'crypto-lake-orchestrate-'));
  program = join(root, 'program.mjs');
  await writeFile(program, fakeProgram);
  stop = new AbortController();
  entries = [];
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

function start(services: Service[], more: Partial<Supervision> = {}): Promise<void> {
  return supervise({
    config: parseConfig('', { CRYPTO_LAKE_ROOT: root }),
    configPath: undefined,
    services,
    program,
    limits: { restart: { firstMs: 20, maxMs: 80 }, resetAfterMs: 60_000, stopWithinMs: 5000 },
    log,
    clock: openSystemClock(),
    random: () => 0.5,
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

  it('goes on restarting what keeps crashing, and calls for a person', async () => {
    const ended = start([always('crashing')]);
    await untilNote('crashing', 'start', 5);
    stop.abort();
    await ended;
    const levels = entries
      .filter(({ text }) => text.includes('in a row'))
      .map(({ level }) => level);
    expect(levels.slice(0, 4)).toEqual(['warn', 'warn', 'error', 'error']);
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
    const ended = start([always('loyal'), { name: 'good', runs: { everyMs: 60_000 } }]);
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
    const ended = start([{ name: 'slow', runs: { everyMs: 300 } }]);
    await untilNote('slow', 'end', 2);
    stop.abort();
    await ended;
    const kinds = (await readNotes()).map(({ what }) => what);
    expect(kinds.slice(0, 4)).toEqual(['start', 'end', 'start', 'end']);
    expect(entries).toContainEqual({
      level: 'warn',
      text: 'slow is due, but still running: this run is skipped',
    });
  });

  it('reports a scheduled run that failed, and runs it again when next due', async () => {
    const ended = start([{ name: 'bad', runs: { everyMs: 200 } }]);
    await untilNote('bad', 'start', 2);
    const heartbeat = await untilHeartbeat(({ problems }) => problems.length > 0);
    expect(heartbeat.problems).toMatchObject([{ id: 'bad-failed', severity: 'degraded' }]);
    stop.abort();
    await ended;
    expect(entries.some(({ level, text }) => level === 'error' && /^bad exited/.test(text))).toBe(
      true,
    );
  });

  it('writes the log lines of its children', async () => {
    const ended = start([always('loyal')]);
    await until(async () => entries.find(({ level }) => level === 'relayed info'));
    stop.abort();
    await ended;
    expect(entries).toContainEqual({ level: 'relayed info', text: 'a line of loyal' });
  });

  it('goes on when a child cannot be started', async () => {
    // More than a command line can hold.
    const ended = start([always('loyal')], { configPath: 'x'.repeat(3_000_000) });
    const { text } = await until(async () => entries.find(({ level }) => level === 'error'));
    expect(text).toMatch(/^loyal could not be started: spawn E2BIG; restart 3 in a row in/);
    stop.abort();
    await ended;
  });
});
