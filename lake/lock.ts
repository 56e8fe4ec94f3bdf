// One holder per name and lake. The lock is a Unix socket the holder listens on: the kernel drops it
// with the process, so a lock is live exactly when someone answers, whatever the pid, the container
// or the way the holder died. Asking a held lock who holds it is answered by the holder.

import { createHash } from 'node:crypto';
import { mkdir, unlink } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { findErrorCode, OperationalError } from './errors.ts';
import { lockPath } from './layout.ts';

export type Lock = { release(): Promise<void> };

/** Longest path a Unix socket can have on Linux and macOS alike. */
const maxSocketPathBytes = 103;

/**
 * Takes the lock `name` of the lake at `root`, or fails naming the holder. A lock left behind by a
 * dead process is taken over.
 */
export async function takeLock(root: string, name: string): Promise<Lock> {
  const path = findSocketPath(lockPath(resolve(root), name));
  await mkdir(dirname(path), { recursive: true });
  for (let attempt = 0; attempt < 3; attempt++) {
    const server = await listen(path);
    if (server !== undefined) return { release: () => closeServer(server) };
    const holder = await askHolder(path);
    if (holder !== undefined) {
      throw new OperationalError(`take lock ${name} of ${root}: held by ${holder}`, {
        hint: `stop that process first, or give this one another root`,
        retryable: true,
      });
    }
    await unlink(path).catch((thrown) => {
      if (findErrorCode(thrown) !== 'ENOENT') throw thrown;
    });
  }
  throw new OperationalError(`take lock ${name} of ${root}: other processes keep taking it`, {
    retryable: true,
  });
}

function findSocketPath(path: string): string {
  if (Buffer.byteLength(path) <= maxSocketPathBytes) return path;
  const digest = createHash('sha256').update(path).digest('hex').slice(0, 32);
  return join(tmpdir(), `crypto-lake-${digest}.lock`);
}

function listen(path: string): Promise<Server | undefined> {
  const holder = `process ${process.pid} on ${hostname()} (${process.argv.slice(2).join(' ')})`;
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.end(holder);
  });
  return new Promise((resolveListen, reject) => {
    server.once('error', (error) => {
      if (findErrorCode(error) === 'EADDRINUSE') resolveListen(undefined);
      else reject(error);
    });
    server.listen(path, () => {
      server.unref();
      resolveListen(server);
    });
  });
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
      const dead = code === 'ECONNREFUSED' || code === 'ENOENT';
      resolveAsk(dead ? undefined : 'a process that does not answer');
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((done) => server.close(() => done()));
}
