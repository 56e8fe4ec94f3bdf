// The log of a process: warnings and errors on the console, everything in `logs/qa/crypto-lake.log`
// (10 MB, five files, older ones gzipped). Levels: warn = unexpected, nothing lost; error = data lost
// or a person must act. What can neither be written nor sent goes to stderr; nothing is dropped.

import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import winston from 'winston';
import { formatReason, OperationalError } from './errors.ts';
import { logDir } from './layout.ts';
import { type Lock, takeLock } from './lock.ts';
import { type LogFailure, type LogSink, openLogFile } from './log-file.ts';
import { formatLogLine, type LogLevel, logLevels } from './log-line.ts';
import { openParentSink } from './log-relay.ts';
import { strikeSecrets } from './secrets.ts';

/** Where a part says what it does. Takes a message and plain fields. */
export type Log = {
  debug(message: string, fields?: object): void;
  info(message: string, fields?: object): void;
  warn(message: string, fields?: object): void;
  error(message: string, fields?: object): void;
};

/** The log of the whole process. */
export type ProcessLog = Log & {
  /** Writes a line that another process has formatted. */
  relay(level: LogLevel, line: string): void;
  /** Resolves when everything is written. */
  close(): Promise<void>;
};

export type LogOptions = {
  root: string;
  service: string;
  /** Replaces the level of console and file, `LOG_LEVEL`. */
  level?: LogLevel | undefined;
  /**
   * `file`: console and log file. `console`: no file, for commands that only look. `parent`: the
   * process that started this one writes both.
   */
  target: 'file' | 'console' | 'parent';
};

const flushWithinMs = 2000;
const lakeLogName = 'crypto-lake.log';
/** Processes of one service that log to files of their own at once. */
const maxOwnFiles = 9;
const fileLimits = { maxBytes: 10_000_000, maxFiles: 5 };

/** Opens the log of one service. Throws OperationalError where the log folder cannot be written. */
export async function openLog(options: LogOptions): Promise<ProcessLog> {
  const { root, service, level, target } = options;
  const file = target === 'file' ? await takeFile(root, service) : undefined;
  const sink = target === 'parent' ? openParentLog() : file && openFile(root, file.name);
  const transports: winston.transport[] = [];
  if (target !== 'parent') transports.push(openConsole(level));
  if (sink !== undefined) transports.push(openTransport(sink, level));
  const logger = winston.createLogger({
    level: 'debug',
    format: winston.format.printf(({ message }) => String(message)),
    transports,
  });
  const leave = () => sink?.leave();
  process.once('exit', leave);
  let isClosed = false;
  const writeLine = (entryLevel: LogLevel, line: string) => {
    if (isClosed) printLines([line]);
    else logger.log(entryLevel, line);
  };
  const write = (entryLevel: LogLevel, message: string, fields: object = {}) => {
    const entry = { timeMs: Date.now(), level: entryLevel, service, message };
    writeLine(entryLevel, strikeSecrets(formatLogLine(entry, fields)));
  };
  if (file !== undefined && file.name !== lakeLogName) {
    write('info', `another process writes ${lakeLogName}; this file is the log of ${service}`);
  }
  return {
    debug: (message, fields) => write('debug', message, fields),
    info: (message, fields) => write('info', message, fields),
    warn: (message, fields) => write('warn', message, fields),
    error: (message, fields) => write('error', message, fields),
    relay: (entryLevel, line) => writeLine(entryLevel, strikeSecrets(line)),
    async close() {
      isClosed = true;
      await new Promise<void>((done) => logger.once('finish', () => done()).end());
      await sink?.close();
      process.off('exit', leave);
      leave();
      await flushConsole();
      await file?.lock.release();
    },
  };
}

function openParentLog(): LogSink {
  return openParentSink(process.send!.bind(process), printFailure('send'));
}

function openFile(root: string, name: string): LogSink {
  const path = join(logDir(root), name);
  checkWritable(root, path);
  return openLogFile({ path, ...fileLimits, onFailure: printFailure(`write ${path}`) });
}

/**
 * The first log file that nobody else writes: two writers would rotate each other's lines away. Beside a
 * running lake it is one of the service's own; where several of a service run, the next is numbered.
 */
async function takeFile(root: string, service: string): Promise<{ name: string; lock: Lock }> {
  const shared = await takeFileLock(root, 'log');
  if (shared !== undefined) return { name: lakeLogName, lock: shared };
  for (let number = 1; number <= maxOwnFiles; number++) {
    const own = number === 1 ? service : `${service}-${number}`;
    const lock = await takeFileLock(root, `log-${own}`);
    if (lock !== undefined) return { name: `crypto-lake.${own}.log`, lock };
  }
  throw new OperationalError(`open log of ${service}: ${maxOwnFiles} others of it run on ${root}`, {
    hint: 'stop them first',
  });
}

/** The right to write a log file, or undefined where another process has it. */
async function takeFileLock(root: string, name: string): Promise<Lock | undefined> {
  try {
    mkdirSync(logDir(root), { recursive: true });
    return await takeLock(root, name);
  } catch (thrown) {
    if (thrown instanceof OperationalError) return undefined;
    throw describeUnwritable(root, thrown);
  }
}

function checkWritable(root: string, path: string): void {
  try {
    accessSync(existsSync(path) ? path : logDir(root), constants.W_OK);
  } catch (thrown) {
    throw describeUnwritable(root, thrown);
  }
}

function describeUnwritable(root: string, thrown: unknown): OperationalError {
  return new OperationalError(`open log ${logDir(root)}: ${formatReason(thrown)}`, {
    hint: `make ${root} writable for this user, or choose another folder with --root or CRYPTO_LAKE_ROOT`,
    cause: thrown,
  });
}

function openConsole(level: LogLevel | undefined): winston.transport {
  return new winston.transports.Console({ level: level ?? 'warn', stderrLevels: [...logLevels] });
}

function openTransport(sink: LogSink, level: LogLevel | undefined): winston.transport {
  const stream = new Writable({
    objectMode: true,
    write({ level: entryLevel, message }, _encoding, done) {
      sink.write(entryLevel, message);
      done();
    },
  });
  return new winston.transports.Stream({ level: level ?? 'debug', stream });
}

/** Prints what did not arrive; the reason once per change, not once per line. */
function printFailure(what: string): LogFailure {
  let printed: string | undefined;
  return (lines, thrown) => {
    const reason = `crypto-lake: ${what}: ${formatReason(thrown)}`;
    printLines(reason === printed ? lines : [reason, ...lines]);
    printed = reason;
  };
}

function printLines(lines: readonly string[]): void {
  for (const line of lines) process.stderr.write(`${line}\n`);
}

/** Writes to a pipe may be queued, and would be lost at exit. A reader that hangs is not waited for. */
function flushConsole(): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, flushWithinMs);
    process.stderr.write('', () => {
      clearTimeout(timer);
      done();
    });
  });
}

/** A log that keeps nothing, for parts that run without one. */
export const silentLog: ProcessLog = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  relay() {},
  async close() {},
};
