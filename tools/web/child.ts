// A process beside the server that answers questions about data: started when the first one is asked, at low
// priority and with none of the server's secrets, ended when none was asked for a while, and started anew after
// it died, within bounds. A question that takes too long ends the process where it does not stop by itself.

import { type ChildProcess, fork } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../lake/clock.ts';
import type { Config } from '../../lake/config.ts';
import { formatReason } from '../../lake/errors.ts';
import { tempDir } from '../../lake/layout.ts';
import type { ProcessLog } from '../../lake/log.ts';
import { receiveLog, relayVariable } from '../../lake/log-relay.ts';
import { stripConfig } from './child-config.ts';
import type { Answer, Replied } from './question.ts';
import { Refusal } from './refusal.ts';

export type ChildOptions = {
  mode: 'web-data' | 'web-sql';
  config: Config;
  log: ProcessLog;
  clock: Clock;
  /** Questions it works on at a time. */
  maxRunning: number;
  /** Questions under way and waiting; those beyond are refused. */
  maxQuestions: number;
  /** How long a question may take, once the process answers questions. */
  answerWithinMs: number;
  idleMs?: number;
};

type Pending = {
  question: unknown;
  isSent: boolean;
  withinMs: number;
  resolve(answer: Answer): void;
  reject(refusal: Refusal): void;
  timer?: NodeJS.Timeout;
};
type Running = { process: ChildProcess; isReady: boolean };

const program = join(import.meta.dirname, '..', '..', 'main.ts');
const defaultIdleMs = 60_000;
/** Until it has opened the lake. */
const startWithinMs = 20_000;
/** From asking to stop to SIGKILL. */
const stopWithinMs = 2000;
const maxDeaths = { count: 3, withinMs: 60_000 };
const heapFlags = ['--max-old-space-size=192', '--max-semi-space-size=4'];
const inheritedVariables = ['PATH', 'HOME', 'TMPDIR', 'LOG_LEVEL', 'NODE_COMPILE_CACHE'];

export class Child<Question> {
  readonly #options: ChildOptions;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #running: Running | undefined;
  #starting: Promise<void> | undefined;
  #idleTimer: NodeJS.Timeout | undefined;
  #diedAtMs: number[] = [];
  #isClosed = false;

  constructor(options: ChildOptions) {
    this.#options = options;
  }

  /** Undefined while it is not running. */
  get pid(): number | undefined {
    return this.#running?.process.pid;
  }

  /** Throws Refusal where there is no answer. The process stops working on what is aborted. */
  async ask(
    question: Question,
    signal?: AbortSignal,
    withinMs = this.#options.answerWithinMs,
  ): Promise<Answer> {
    if (this.#isClosed) throw new Refusal(503, 'the server is stopping', 1);
    if (this.#pending.size >= this.#options.maxQuestions) {
      throw new Refusal(503, 'too many questions are waiting already; ask again later', 1);
    }
    if (signal?.aborted) throw new Refusal(503, 'stopped before it was begun');
    clearTimeout(this.#idleTimer);
    const id = this.#nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.#pending.set(id, { question, isSent: false, withinMs, resolve, reject });
    const abort = () => this.#stopAnswer(id);
    signal?.addEventListener('abort', abort);
    this.warm();
    this.#sendNext();
    return promise.finally(() => signal?.removeEventListener('abort', abort));
  }

  /** Starts the process where it is not running: somebody is about to ask. */
  warm(): void {
    if (this.#running !== undefined || this.#starting !== undefined || this.#isClosed) return;
    const { mode, log, clock } = this.#options;
    const nowMs = clock.monotonicMs();
    this.#diedAtMs = this.#diedAtMs.filter((atMs) => nowMs - atMs < maxDeaths.withinMs);
    if (this.#diedAtMs.length >= maxDeaths.count) {
      const waitMs = maxDeaths.withinMs - (nowMs - this.#diedAtMs[0]!);
      const text = 'the process that reads the lake keeps ending; see logs/qa/crypto-lake.log';
      this.#refuseAll(new Refusal(503, text, Math.ceil(waitMs / 1000)));
      return;
    }
    this.#starting = this.#start()
      .catch((thrown) => {
        log.error(`start ${mode}: ${formatReason(thrown)}`);
        const text = 'the process that reads the lake cannot start; see logs/qa/crypto-lake.log';
        this.#refuseAll(new Refusal(503, text, 5));
      })
      .finally(() => {
        this.#starting = undefined;
      });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#refuseAll(new Refusal(503, 'the server is stopping', 1));
    await this.#starting;
    await this.#end();
  }

  async #start(): Promise<void> {
    const { mode, config, log } = this.#options;
    const folder = tempDir(config.root, 'web');
    const path = join(folder, `${mode}.json`);
    await mkdir(folder, { recursive: true });
    await writeFile(path, JSON.stringify(stripConfig(config)));
    const child = fork(program, ['--mode', mode, '--config', path], {
      env: listEnvironment(),
      execArgv: [...process.execArgv, ...heapFlags],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const running: Running = { process: child, isReady: false };
    this.#running = running;
    receiveLog(child, log.relay);
    child.stderr?.setEncoding('utf8').on('data', (text) => log.warn(`${mode}: ${text.trimEnd()}`));
    child.on('error', (thrown) => log.warn(`run ${mode}: ${formatReason(thrown)}`));
    const timer = setTimeout(() => child.kill('SIGKILL'), startWithinMs);
    child.on('message', (message: Replied) => {
      if ('isReady' in message) {
        clearTimeout(timer);
        running.isReady = true;
        this.#sendNext();
        this.#armIdle();
      } else if ('id' in message) this.#receive(message);
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      this.#note(running, `${code ?? signal}`);
    });
  }

  /** The process has ended. */
  #note(ended: Running, how: string): void {
    const { mode, log, clock } = this.#options;
    // One that was ended on purpose is no longer the running one.
    if (this.#running !== ended) return;
    this.#running = undefined;
    clearTimeout(this.#idleTimer);
    this.#diedAtMs.push(clock.monotonicMs());
    log.warn(`${mode} ended with ${how}; the next question starts it anew`);
    const text = 'stopped: the process that worked on it has ended, out of time or memory';
    this.#refuse(({ isSent }) => isSent, new Refusal(503, text, 1));
    if (this.#pending.size > 0) this.warm();
  }

  /** As many of those that wait as may be worked on. */
  #sendNext(): void {
    const { process, isReady } = this.#running ?? {};
    if (process === undefined || isReady !== true) return;
    let running = [...this.#pending.values()].filter(({ isSent }) => isSent).length;
    for (const [id, asked] of this.#pending) {
      if (asked.isSent) continue;
      if (running++ >= this.#options.maxRunning) return;
      asked.isSent = true;
      asked.timer = setTimeout(() => this.#stopAnswer(id), asked.withinMs);
      process.send({ id, question: asked.question }, () => {});
    }
  }

  #receive(message: Extract<Replied, { id: number }>): void {
    const asked = this.#pending.get(message.id);
    if (asked === undefined) return;
    this.#pending.delete(message.id);
    clearTimeout(asked.timer);
    this.#sendNext();
    this.#armIdle();
    if ('answer' in message) asked.resolve(message.answer);
    else {
      const { status, text, retryAfterSeconds } = message.refusal;
      asked.reject(new Refusal(status, text, retryAfterSeconds));
    }
  }

  /** Has the process stop working on it; ends the process where it does not say so in time. */
  #stopAnswer(id: number): void {
    const asked = this.#pending.get(id);
    if (asked === undefined) return;
    clearTimeout(asked.timer);
    if (!asked.isSent || this.#running === undefined) {
      this.#pending.delete(id);
      asked.reject(new Refusal(503, 'stopped before it was begun'));
      return;
    }
    const { process } = this.#running;
    asked.timer = setTimeout(() => process.kill('SIGKILL'), stopWithinMs);
    process.send({ cancel: id }, () => {});
  }

  #refuseAll(refusal: Refusal): void {
    this.#refuse(() => true, refusal);
  }

  #refuse(isMeant: (asked: Pending) => boolean, refusal: Refusal): void {
    for (const [id, asked] of [...this.#pending]) {
      if (!isMeant(asked)) continue;
      this.#pending.delete(id);
      clearTimeout(asked.timer);
      asked.reject(refusal);
    }
  }

  #armIdle(): void {
    clearTimeout(this.#idleTimer);
    if (this.#pending.size > 0) return;
    const idleMs = this.#options.idleMs ?? defaultIdleMs;
    this.#idleTimer = setTimeout(() => void this.#end(), idleMs).unref();
  }

  /** Ends the process on purpose. */
  async #end(): Promise<void> {
    clearTimeout(this.#idleTimer);
    if (this.#running === undefined) return;
    const { process } = this.#running;
    this.#running = undefined;
    const ended = new Promise((resolve) => process.once('close', resolve));
    const timer = setTimeout(() => process.kill('SIGKILL'), stopWithinMs);
    process.kill('SIGTERM');
    await ended;
    clearTimeout(timer);
  }
}

/** What a process needs to run, and nothing that is secret. It knows no local time. */
function listEnvironment(): NodeJS.ProcessEnv {
  const inherited = inheritedVariables.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(inherited), TZ: 'UTC', [relayVariable]: '1' };
}
