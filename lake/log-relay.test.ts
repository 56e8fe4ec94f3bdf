import { type ChildProcess, execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import { openParentSink, receiveLog, relayVariable } from './log-relay.ts';

const secretsModule = JSON.stringify(new URL('./secrets.ts', import.meta.url).href);
const logModule = JSON.stringify(new URL('./log.ts', import.meta.url).href);
let root: string;
let program: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'crypto-lake-relay-'));
  program = join(root, 'child.mjs');
  await writeFile(
    program,
    `import { openLog } from ${logModule};
     import { keepSecrets } from ${secretsModule};
     keepSecrets(['canary']);
     const log = await openLog({ root: ${JSON.stringify(root)}, service: 'child', target: 'parent' });
     await new Promise((resolve) => {
       process.once('message', resolve).once('disconnect', resolve);
       if (!process.connected) resolve();
     });
     for (let i = 0; i < 1000; i++) log.info('line ' + i + ' canary');
     await log.close();
     process.exit(0);`,
  );
});

function startChild(): ChildProcess {
  return fork(program, { env: { ...process.env, [relayVariable]: '1' }, silent: true });
}

describe('the log of a child', () => {
  it('reaches the parent complete, in order and without secrets, before the child ends', async () => {
    const child = startChild();
    const lines: string[] = [];
    receiveLog(child, (level, line) => lines.push(`${level}|${line}`));
    child.send('go');
    const [code] = await once(child, 'close');
    expect(code).toBe(0);
    expect(lines).toHaveLength(1000);
    expect(lines[999]).toMatch(/^info\|.* info child: line 999 \*\*\*$/);
    expect(await readdir(root)).toEqual(['child.mjs']);
  });

  it('goes to stderr when the parent no longer listens', async () => {
    const { stderr } = await promisify(execFile)(process.execPath, [
      '--input-type=module',
      '--eval',
      `import { fork } from 'node:child_process';
       const child = fork(${JSON.stringify(program)}, { execArgv: [], stdio: ['ignore', 'ignore', 2, 'ipc'] });
       child.disconnect();
       await new Promise((resolve) => child.once('exit', resolve));`,
    ]);
    expect(stderr.match(/info child: line \d+ \*\*\*/g)?.length).toBeGreaterThan(900);
  });
});

describe('openParentSink', () => {
  it('hands lines back instead of queueing without bound for a parent that does not read', () => {
    const handedBack: string[] = [];
    const sink = openParentSink(
      () => {},
      (lines) => handedBack.push(...lines),
    );
    for (let i = 0; i < 10_003; i++) sink.write('info', `line ${i}`);
    expect(handedBack).toEqual(['line 10000', 'line 10001', 'line 10002']);
    sink.leave();
    expect(handedBack).toHaveLength(10_003);
  });
});

describe('receiveLog', () => {
  it('takes no message that is not a log line', async () => {
    const received: unknown[] = [];
    const handlers: ((message: unknown) => void)[] = [];
    const child = {
      on: (_event: string, handler: (message: unknown) => void) => handlers.push(handler),
    };
    receiveLog(child as unknown as ChildProcess, (...line) => received.push(line));
    const messages = [
      null,
      'x',
      { log: { level: 'fatal', line: 'x' } },
      { log: { level: 'info' } },
    ];
    for (const message of messages) handlers[0]!(message);
    expect(received).toEqual([]);
  });
});
