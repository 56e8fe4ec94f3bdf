// One child process: started with an IPC channel, over which its log lines come, and stopped within a
// bound. What it prints for a person goes nowhere: nobody has asked for it. A child whose orchestrator dies
// sees the channel close, and stops by itself.

import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { Clock } from '../lake/clock.ts';
import { formatReason } from '../lake/errors.ts';
import type { ProcessLog } from '../lake/log.ts';
import { receiveLog, relayVariable } from '../lake/log-relay.ts';
import { reloadMessage } from '../lake/reload.ts';
import type { ErrorTail } from './error-tail.ts';
import type { Exit } from './supervision.ts';

export type Child = {
  pid: number | undefined;
  /** Resolves when the process has ended. Never rejects. */
  ended: Promise<Exit>;
  /** Has the process read its configuration again. By message, which waits until it can listen. */
  reload(): void;
  /** SIGTERM, and SIGKILL where that is not obeyed in time. Resolves when the process has ended. */
  stop(withinMs: number): Promise<void>;
};

/**
 * Where Node keeps the program as it has compiled it, beside the program. A process that finds it there
 * needs no compiler, which saves 20 MB for as long as it runs. Where it can't be written, all still works.
 */
const compileCacheDir = join(import.meta.dirname, '..', '.cache', 'compile');
/** After SIGKILL only the kernel can hold a process; it is left to it then. */
const killWithinMs = 5000;

export type ChildOptions = {
  name: string;
  program: string;
  args: readonly string[];
  /** Arguments of Node itself. */
  nodeArgs: readonly string[];
  log: ProcessLog;
  clock: Clock;
  /** Takes what the child says of errors. */
  errors: ErrorTail;
};

export function startChild(options: ChildOptions): Child {
  try {
    return superviseProcess(options);
  } catch (thrown) {
    // Out of memory or of processes.
    const exit = { code: null, signal: null, upMs: 0, reason: formatReason(thrown) };
    return {
      pid: undefined,
      ended: Promise.resolve(exit),
      reload() {},
      stop: () => Promise.resolve(),
    };
  }
}

function superviseProcess(options: ChildOptions): Child {
  const { name, program, args, nodeArgs, log, clock, errors } = options;
  const startedMs = clock.monotonicMs();
  const child = fork(program, args, {
    env: { NODE_COMPILE_CACHE: compileCacheDir, ...process.env, [relayVariable]: '1' },
    execArgv: [...process.execArgv, ...nodeArgs],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  receiveLog(child, (level, line) => {
    log.relay(level, line);
    if (level === 'error') errors.addLine(line);
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    process.stderr.write(text);
    errors.addText(text);
  });
  const ended = new Promise<Exit>((resolve) => {
    const upMs = () => clock.monotonicMs() - startedMs;
    // Unlike `exit`, `close` comes after the last log line.
    child.once('close', (code, signal) => resolve({ code, signal, upMs: upMs() }));
    child.on('error', ({ message }) => {
      if (child.pid === undefined) resolve({ code: null, signal: null, upMs: 0, reason: message });
    });
  });

  async function stop(withinMs: number): Promise<void> {
    child.kill('SIGTERM');
    if (await isWithin(ended, withinMs)) return;
    log.error(`${name} did not stop within ${withinMs / 1000} s of SIGTERM and is killed`);
    child.kill('SIGKILL');
    if (await isWithin(ended, killWithinMs)) return;
    log.error(`${name} (process ${child.pid}) does not end after SIGKILL and is left behind`);
  }

  // A child that ends at this moment cannot be told, and need not be.
  const reload = () => void (child.connected && child.send(reloadMessage, () => {}));
  return { pid: child.pid, ended, reload, stop };
}

async function isWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, ms, false);
  });
  const done = await Promise.race([promise.then(() => true), late]);
  clearTimeout(timer);
  return done;
}
