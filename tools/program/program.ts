// The program's own modes as child processes of a demo or a drill, run as a person would run them. They
// get the configuration in their root and none of the environment's, and a process group of their own:
// Ctrl-C reaches the parent alone, which stops them in the right order.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { formatVariable } from '../../lake/config-environment.ts';
import { OperationalError } from '../../lake/errors.ts';
import type { ProcessLog } from '../../lake/log.ts';
import { receiveLog, relayVariable } from '../../lake/log-relay.ts';
import { programPath } from '../../lake/program-path.ts';

const stopWithinMs = 30_000;
const runWithinMs = 120_000;

export type RunningMode = {
  pid: number | undefined;
  /** The code with which it ended by itself; null where it was killed. */
  ended: Promise<number | null>;
  stop(): Promise<void>;
};

/** The configuration by which the modes below `root` run. */
export function programConfigPath(root: string): string {
  return join(root, 'config.yml');
}

/** Starts a mode that runs until it is stopped; its log goes into `log`. */
export function startMode(
  mode: string,
  root: string,
  log: ProcessLog,
  environment: NodeJS.ProcessEnv = {},
  args: readonly string[] = [],
): RunningMode {
  const child = forkMode(mode, root, args, { ...environment, [relayVariable]: '1' });
  receiveLog(child, log.relay);
  child.stdout?.resume();
  child.stderr?.setEncoding('utf8').on('data', (chunk) => log.warn(`${mode}: ${chunk.trimEnd()}`));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return {
    pid: child.pid,
    ended,
    async stop() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** How a mode ended, and what it printed. */
export type ModeResult = { code: number | null; stdout: string; stderr: string };

/** Runs a mode to its end, whatever that is. */
export async function tryMode(
  mode: string,
  root: string,
  args: readonly string[],
): Promise<ModeResult> {
  const child = forkMode(mode, root, args, { LOG_LEVEL: 'error' });
  const timer = setTimeout(() => child.kill('SIGKILL'), runWithinMs);
  const outputs = [text(child.stdout!), text(child.stderr!), once(child, 'exit')] as const;
  const [stdout, stderr, [code]] = await Promise.all(outputs);
  clearTimeout(timer);
  return { code, stdout, stderr };
}

/** Runs a mode to its end and gives back what it printed. Throws OperationalError where it fails. */
export async function runMode(
  mode: string,
  root: string,
  args: readonly string[],
): Promise<string> {
  const { code, stdout, stderr } = await tryMode(mode, root, args);
  if (code === 0) return stdout;
  throw new OperationalError(`run --mode ${mode}: it ended with ${code}: ${stderr.trim()}`, {
    hint: `try it again: node main.ts --mode ${mode} --root ${root}`,
  });
}

function forkMode(
  mode: string,
  root: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): ChildProcess {
  const ours = formatVariable([]);
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith(ours) && name !== relayVariable,
  );
  return fork(programPath, ['--mode', mode, '--config', programConfigPath(root), ...args], {
    env: { ...Object.fromEntries(inherited), ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
  });
}
