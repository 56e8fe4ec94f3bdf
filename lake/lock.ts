// One holder per name and lake. The lock is a Unix socket the holder listens on: the kernel closes it
// with the process, so a lock is live exactly when someone answers, whatever the pid, the container
// or the way the holder died. Asking a held lock who holds it is answered by the holder.
//
// A socket is made under a name of its own and then linked or renamed into place, so that what lies at
// the path answers from its first moment, and a dead lock is replaced, never removed first. That name is
// random: process ids are the same in every container.

import { createHash, randomUUID } from 'node:crypto';
import { linkSync, renameSync, statSync, unlinkSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findErrorCode, OperationalError } from './errors.ts';
import { lockPath } from './layout.ts';

export type Lock = { release(): Promise<void> };

/** Longest path a Unix socket can have on Linux and macOS alike, less the ending of a candidate. */
const maxSocketPathBytes = 103 - 20;
/** Two that replace the same dead lock at once see by then whose socket stayed. */
const settleMs = 100;

/**
 * Takes the lock `name` of the lake at `root`, or fails naming the holder. A lock left behind by a
 * dead process is taken over.
 */
export async function takeLock(root: string, name: string): Promise<Lock> {
  const path = findSocketPath(lockPath(resolve(root), name));
  await mkdir(dirname(path), { recursive: true });
  for (let attempt = 0; attempt < 3; attempt++) {
    const candidate = `${path}.${randomUUID().slice(0, 13)}`;
    const server = await listen(candidate);
    const placed = placeNew(candidate, path) ?? (await replaceDead(candidate, path));
    if (placed !== undefined) return { release: () => release(server, path, placed) };
    await closeServer(server);
    const holder = await askHolder(path);
    if (holder === undefined) continue;
    throw new OperationalError(`take lock ${name} of ${root}: held by ${holder}`, {
      hint: `stop that process first, or give this one another root`,
      retryable: true,
    });
  }
  throw new OperationalError(`take lock ${name} of ${root}: other processes keep taking it`, {
    retryable: true,
  });
}

/**
 * Takes the lock when its holder gives it back, looking every second, or as often as is said, for at most
 * `withinMs`; then, or when `signal` is aborted, fails as `takeLock` does.
 */
export async function awaitLock(
  root: string,
  name: string,
  {
    withinMs,
    signal,
    lookEveryMs = 1000,
  }: { withinMs: number; signal: AbortSignal; lookEveryMs?: number },
): Promise<Lock> {
  for (let waitedMs = 0; ; waitedMs += lookEveryMs) {
    try {
      return await takeLock(root, name);
    } catch (thrown) {
      const mayHelp = thrown instanceof OperationalError && thrown.retryable;
      if (!mayHelp || waitedMs >= withinMs || signal.aborted) throw thrown;
    }
    await sleep(lookEveryMs);
  }
}

/** Who holds the lock `name` of the lake at `root`, undefined when nobody does. Takes nothing. */
export function findLockHolder(root: string, name: string): Promise<string | undefined> {
  return askHolder(findSocketPath(lockPath(resolve(root), name)));
}

function findSocketPath(path: string): string {
  if (Buffer.byteLength(path) <= maxSocketPathBytes) return path;
  const digest = createHash('sha256').update(path).digest('hex').slice(0, 32);
  return join(tmpdir(), `crypto-lake-${digest}.lock`);
}

function listen(path: string): Promise<Server> {
  const holder = `process ${process.pid} on ${hostname()} (${process.argv.slice(2).join(' ')})`;
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.end(holder);
  });
  return new Promise((resolveListen, reject) => {
    server.once('error', reject);
    server.listen(path, () => resolveListen(server.unref()));
  });
}

/** Puts the candidate at `path` where nothing is there yet. Its identity, or undefined. */
function placeNew(candidate: string, path: string): string | undefined {
  try {
    linkSync(candidate, path);
  } catch (thrown) {
    if (findErrorCode(thrown) === 'EEXIST') return undefined;
    throw thrown;
  }
  unlinkSync(candidate);
  return findIdentity(path);
}

/** Puts the candidate at `path` where nobody answers. Undefined where somebody does or was faster. */
async function replaceDead(candidate: string, path: string): Promise<string | undefined> {
  const dead = findIdentity(path);
  if (dead === undefined || (await askHolder(path)) !== undefined) return undefined;
  // Nothing of this process comes between these calls.
  if (findIdentity(path) !== dead) return undefined;
  renameSync(candidate, path);
  const placed = findIdentity(path);
  await sleep(settleMs);
  return findIdentity(path) === placed ? placed : undefined;
}

/** Which file lies at `path`. Inode numbers are given out again, so the time of birth counts too. */
function findIdentity(path: string): string | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found && `${found.dev}-${found.ino}-${found.birthtimeNs}`;
}

/** Who answers at the socket; undefined when nobody does. */
function askHolder(path: string): Promise<string | undefined> {
  return new Promise((resolveAsk) => {
    let answer = '';
    const socket = connect(path);
    socket.setTimeout(2000, () => socket.destroy(new Error('no answer')));
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('end', () => resolveAsk(answer));
    socket.on('error', (error) => {
      const code = findErrorCode(error);
      const dead = code === 'ECONNREFUSED' || code === 'ENOENT' || code === 'ENOTSOCK';
      resolveAsk(dead ? undefined : 'a process that does not answer');
    });
  });
}

async function release(server: Server, path: string, placed: string): Promise<void> {
  if (findIdentity(path) === placed) unlinkSync(path);
  await closeServer(server);
}

function closeServer(server: Server): Promise<void> {
  return new Promise((done) => server.close(() => done()));
}
