import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseConfig } from '../../lake/config.ts';
import { silentLog } from '../../lake/log.ts';
import { openReceiver, type Receiver } from '../../tests/alert-receiver.ts';
import type { Problem } from '../health/problem.ts';
import { Alerts } from './alerts.ts';
import type { DeliveryLimits } from './delivery.ts';
import { postMessage } from './post.ts';

const startMs = Date.parse('2026-11-20T12:00:00Z');
const quick: DeliveryLimits = {
  retry: { firstMs: 1, maxMs: 5 },
  refused: { firstMs: 20, maxMs: 20 },
  tryWithinMs: 10_000,
};
const disk: Problem = {
  id: 'disk',
  condition: 'disk',
  subject: 'lake',
  severity: 'degraded',
  alerts: true,
  what: 'the disk is 91.0 % full <&>',
  since: '2026-11-20T11:58:00.000Z',
  action: 'free space',
};

let root: string;
let path: string;
let receiver: Receiver;
let nowMs: number;
let ids: number;
let logged: string[];
const opened: Alerts[] = [];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'lake-alerts-'));
  path = join(root, 'state/alerting/alerts.json');
  receiver = await openReceiver();
  nowMs = startMs;
  ids = 0;
  logged = [];
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((alerts) => alerts.close(0)));
  await receiver.close();
  await rm(root, { recursive: true });
});

const makeConfig = (url = receiver.url) =>
  parseConfig('', { CRYPTO_LAKE_ROOT: root, CRYPTO_LAKE_ALERTING__WEBHOOK_URL: url });

function open(limits = quick, url = receiver.url): Alerts {
  const note = (level: string) => (text: string) => void logged.push(`${level}: ${text}`);
  const alerts = new Alerts({
    path,
    config: makeConfig(url),
    log: { ...silentLog, warn: note('warn'), error: note('error') },
    sender: { root: '/data', host: 'vm-1', version: '1.2.3' },
    post: postMessage,
    random: () => 0.5,
    newId: () => `id-${ids++}`,
    readNowMs: () => nowMs,
    limits,
  });
  opened.push(alerts);
  return alerts;
}

const until = (isSo: () => boolean | Promise<boolean>) =>
  vi.waitUntil(isSo, { timeout: 20_000, interval: 5 });
const readState = async () => JSON.parse(await readFile(path, 'utf8'));
const untilEmpty = () => until(async () => (await readState()).outbox.length === 0);

/** Heartbeats without a problem, until it counts as over. */
function observeEnd(alerts: Alerts): void {
  for (let beat = 0; beat < 6; beat++) {
    nowMs += 60_000;
    alerts.observe([]);
  }
}

describe('Alerts', () => {
  it('post text and JSON, once when it begins and once when it is over', async () => {
    const alerts = open();
    for (let beat = 0; beat < 5; beat++) {
      alerts.observe([disk]);
      nowMs += 60_000;
    }
    observeEnd(alerts);
    const [firing, resolved] = await receiver.until(2);
    expect(firing).toEqual({
      text:
        'Crypto Lake vm-1:/data degraded: disk: the disk is 91.0 % full &lt;&amp;&gt;\n' +
        'Since 2026-11-20T11:58:00.000Z\nTo do: free space',
      id: 'id-0',
      alert: 'disk/lake',
      status: 'firing',
      condition: 'disk',
      subject: 'lake',
      subjects: ['lake'],
      severity: 'degraded',
      what: disk.what,
      since: disk.since,
      resolved_at: null,
      action: 'free space',
      is_repeated: false,
      lake: { root: '/data', host: 'vm-1' },
      version: '1.2.3',
      sent_at: '2026-11-20T12:00:00.000Z',
      problems: [{ condition: 'disk', subject: 'lake', what: disk.what }],
    });
    expect(resolved).toMatchObject({
      status: 'resolved',
      alert: 'disk/lake',
      resolved_at: '2026-11-20T12:06:00.000Z',
      action: 'nothing',
      text:
        'Crypto Lake vm-1:/data resolved: disk: over: "the disk is 91.0 % full &lt;&amp;&gt;" lasted 8 min\n' +
        'From 2026-11-20T11:58:00.000Z to 2026-11-20T12:06:00.000Z\n' +
        'To do: nothing. If it comes back before 13:00 UTC, that is told at 13:00 UTC if it still lasts then',
    });
    await alerts.close(100);
    expect(receiver.seen).toHaveLength(2);
  });

  it('try for as long as it takes, in order, and log that once', async () => {
    receiver.answer = { status: 503 };
    const alerts = open();
    alerts.observe([disk]);
    observeEnd(alerts);
    await until(() => receiver.seen.length > 20);
    expect(alerts.trouble).toMatchObject({ reason: 'status 503', waiting: 2 });
    receiver.answer = { status: 200 };
    expect((await receiver.until(2)).map(({ status }) => status)).toEqual(['firing', 'resolved']);
    await untilEmpty();
    expect(alerts.trouble).toBeUndefined();
    expect(logged).toEqual([expect.stringMatching(/^warn: send alert disk\/lake: status 503/)]);
  });

  it('do not wait for a receiver that never answers', async () => {
    receiver.answer = 'hang';
    const alerts = open({ ...quick, tryWithinMs: 30 });
    alerts.observe([disk]);
    await until(() => receiver.seen.length > 2);
    expect(alerts.trouble).toMatchObject({ reason: 'no answer within 0.03 s' });
    receiver.answer = { status: 200 };
    await receiver.until(1);
  });

  it.each([301, 400, 401, 403, 404, 410])(
    'keep what is refused by %i, and call for a person once',
    async (status) => {
      receiver.answer = { status, body: 'no_service', headers: { location: receiver.url } };
      const alerts = open();
      alerts.observe([disk]);
      await until(() => receiver.seen.length > 2);
      expect(logged).toEqual([
        `error: send alert disk/lake: status ${status} (no_service); ` +
          'check alerting.webhook_url; it is kept, and tried now and then',
      ]);
      receiver.answer = { status: 200 };
      await receiver.until(1);
    },
  );

  it('let one message that is refused hold up no other', async () => {
    const alerts = open();
    receiver.answer = { status: 400 };
    alerts.observe([disk]);
    await until(() => receiver.seen.length > 0);
    alerts.observe([disk, { ...disk, condition: 'memory' }]);
    await until(() => receiver.seen.some(({ condition }) => condition === 'memory'));
  });

  it('never tell of a beginning after the end of it, whatever is refused', async () => {
    const alerts = open();
    receiver.answer = { status: 404 };
    alerts.observe([disk]);
    await until(() => receiver.seen.length > 0);
    observeEnd(alerts);
    await until(async () => (await readState()).outbox.length === 2);
    const tries = receiver.seen.length;
    const isBeginning = () => receiver.seen.at(-1)!.status === 'firing';
    await until(() => receiver.seen.length > tries && isBeginning());
    receiver.answer = { status: 200 };
    await untilEmpty();
    expect(receiver.received.at(-1)).toMatchObject({ status: 'resolved' });
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(receiver.received.length);
  });

  it('wait as long as the receiver asks for', async () => {
    receiver.answer = { status: 429, headers: { 'retry-after': '3600' } };
    const alerts = open();
    alerts.observe([disk]);
    await until(() => alerts.trouble !== undefined);
    receiver.answer = { status: 200 };
    await new Promise((done) => setTimeout(done, 60));
    expect(receiver.seen).toHaveLength(1);
  });

  it('send after a restart what was not sent before it, once, and nothing again', async () => {
    receiver.answer = { status: 500 };
    const first = open({ ...quick, retry: { firstMs: 60_000, maxMs: 60_000 } });
    first.observe([disk]);
    await until(() => first.trouble !== undefined);
    await first.close(0);
    expect(await readState()).toMatchObject({ outbox: [{ id: 'id-0' }] });
    receiver.answer = { status: 200 };
    const second = open();
    second.observe([disk]);
    await receiver.until(1);
    await untilEmpty();
    await second.close(100);
    const third = open();
    third.observe([disk]);
    observeEnd(third);
    await receiver.until(2);
    await third.close(100);
    expect(receiver.received.map(({ id, status }) => [id, status])).toEqual([
      ['id-0', 'firing'],
      ['id-1', 'resolved'],
    ]);
  });

  it('send again under the same id what was sent at the moment of a crash', async () => {
    const first = open();
    first.observe([disk]);
    await receiver.until(1);
    const [sent] = receiver.received;
    await untilEmpty();
    await first.close(100);
    // As it was between the POST and the note of it.
    await writeFile(path, JSON.stringify({ ...(await readState()), outbox: [sent] }));
    open().observe([disk]);
    expect((await receiver.until(2)).map(({ id }) => id)).toEqual(['id-0', 'id-0']);
  });

  it('get a last message out before the end, within a bound', async () => {
    receiver.answer = { status: 503 };
    const slow = { ...quick, retry: { firstMs: 60_000, maxMs: 60_000 } };
    const alerts = open(slow);
    alerts.observe([disk]);
    await until(() => alerts.trouble !== undefined);
    receiver.answer = { status: 200 };
    await alerts.close(2000);
    expect(receiver.received).toHaveLength(1);
    receiver.answer = 'hang';
    const stuck = open({ ...slow, tryWithinMs: 3_600_000 });
    stuck.observe([{ ...disk, condition: 'memory' }]);
    await until(() => receiver.seen.length === 3);
    await stuck.close(100);
    expect(await readState()).toMatchObject({ outbox: [{ condition: 'memory' }] });
  });

  it('are sent where the disk is full, which is what they are for', async () => {
    await mkdir(path, { recursive: true });
    const alerts = open();
    alerts.observe([disk]);
    alerts.observe([disk, { ...disk, condition: 'memory' }]);
    await receiver.until(2);
    expect(logged).toEqual([
      expect.stringMatching(/^error: .*EISDIR.*; what is wrong now is told again$/),
      expect.stringMatching(/^error: write alerts .*; a restart may tell things twice$/),
    ]);
  });

  it('are told anew where their state is damaged, and say so', async () => {
    await mkdir(join(root, 'state/alerting'), { recursive: true });
    await writeFile(path, '{"alerts":[{');
    open().observe([disk]);
    await receiver.until(1);
    expect(logged).toEqual([expect.stringMatching(/^error: read alerts .* damaged/)]);
  });

  it('go to another address as soon as that is configured', async () => {
    const other = await openReceiver();
    receiver.answer = { status: 404 };
    const alerts = open({ ...quick, refused: { firstMs: 60_000, maxMs: 60_000 } });
    alerts.observe([disk]);
    await until(() => alerts.trouble !== undefined);
    alerts.adopt(makeConfig(other.url));
    await other.until(1);
    await alerts.close(0);
    await other.close();
  });

  it('say nothing without an address', async () => {
    const alerts = open(quick, '');
    alerts.observe([disk]);
    await alerts.close(100);
    expect(receiver.seen).toEqual([]);
  });

  it('give user and password of the address as the receiver wants them', async () => {
    open(quick, receiver.url.replace('//', '//lake:p%40ss@')).observe([disk]);
    await receiver.until(1);
    const pair = Buffer.from('lake:p@ss').toString('base64');
    expect(receiver.wire[0]).toContain(`"authorization":"Basic ${pair}"`);
  });
});
