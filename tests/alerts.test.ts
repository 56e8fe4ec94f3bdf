// Each condition for an alert: the real fault is made to happen to a running lake, and one message tells of it,
// and one more when it is over. One of them always; all of them where LAKE_TEST_ALERTS is `all`.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { silentLog } from '../lake/log.ts';
import { collectStatusSchema, readStatus } from '../lake/status.ts';
import { mountSmallDisk } from '../tools/drill/small-disk.ts';
import { startMode, tryMode } from '../tools/program/program.ts';
import { openStage, type Stage, until } from './alert-stage.ts';

const all = process.env.LAKE_TEST_ALERTS === 'all';

/** The collector receives; of a process that is not `not`. */
const untilLive = ({ root }: Stage, not?: number) =>
  until(async () => {
    const status = await readStatus(root, 'collect', collectStatusSchema);
    const isLive = status?.connections.some(({ state }) => state === 'live');
    return isLive && status?.pid !== not ? status : undefined;
  });

const kill = async (stage: Stage, not?: number) => {
  const pid = await stage.findPid('collect', not);
  process.kill(pid, 'SIGKILL');
  return pid;
};

describe('a running lake tells once, and once that it is over', () => {
  it('that the collector was killed, what to do, and that it records again', async ({
    onTestFinished,
  }) => {
    const stage = await openStage(onTestFinished, []);
    await untilLive(stage);
    await kill(stage);
    await stage.expectTold([
      'firing collector_stopped/collect',
      'resolved collector_stopped/collect',
    ]);
    expect(stage.receiver.received[0]).toMatchObject({
      condition: 'collector_stopped',
      what: expect.stringContaining('collect is not running: it was ended by SIGKILL'),
      text: expect.stringMatching(/\nSince 2\S+Z\nTo do: see logs\/qa\/crypto-lake\.log/),
    });
    // Asked to stop, it has nothing to tell.
    await stage.stop();
    expect(stage.receiver.seen).toHaveLength(2);
  });
});

describe.runIf(all).concurrent('a running lake tells once, and once that it is over,', () => {
  it('that a service was restarted too often', async ({ onTestFinished }) => {
    const stage = await openStage(onTestFinished, ['restarts'], {
      alerting: { restarts_per_hour: 1 },
    });
    await untilLive(stage);
    const first = await kill(stage);
    await untilLive(stage, first);
    await kill(stage, first);
    await until(async () => stage.receiver.received.length === 1 || undefined);
    stage.passHour();
    await stage.expectTold(['firing restarts/collect', 'resolved restarts/collect']);
  }, 120_000);

  it('that everything was stopped because the collector died again and again', async ({
    onTestFinished,
  }) => {
    const stage = await openStage(onTestFinished, ['cascade']);
    let last: number | undefined;
    for (let i = 0; i < 4; i++) last = await kill(stage, last);
    await until(async () => stage.receiver.received.length === 1 || undefined);
    expect(String(await stage.stop())).toContain('cascade: collect failed 4 times');
    stage.start();
    await stage.expectTold(['firing cascade/lake']);
  }, 120_000);

  it('that connections are lost too often', async ({ onTestFinished }) => {
    const stage = await openStage(onTestFinished, ['reconnects'], {
      alerting: { reconnects_per_hour: 1 },
    });
    const { exchange } = stage;
    for (let i = 0; i < 3; i++) {
      const before = exchange.connections().map(({ id }) => id);
      await until(async () => {
        const open = exchange.connections();
        const isNew = open.some(({ id, streams }) => streams.length > 0 && !before.includes(id));
        return i === 0
          ? open.some(({ streams }) => streams.length > 0) || undefined
          : isNew || undefined;
      });
      await new Promise((done) => setTimeout(done, 1000));
      exchange.faults.reset();
    }
    await until(async () => stage.receiver.received.length === 1 || undefined);
    stage.passHour();
    await stage.expectTold(['firing reconnects/binance', 'resolved reconnects/binance']);
  }, 120_000);

  it('that nothing comes from the exchange', async ({ onTestFinished }) => {
    const stage = await openStage(onTestFinished, ['collector_stopped', 'gap', 'stream_silent'], {
      alerting: { gap_minutes: 0.05 },
    });
    await untilLive(stage);
    stage.exchange.faults.cutNetwork();
    await until(async () => stage.receiver.received.length === 1 || undefined);
    stage.exchange.faults.restoreNetwork();
    await stage.expectTold([
      'firing collector_stopped/trades',
      'resolved collector_stopped/trades',
    ]);
    expect(stage.receiver.received[0]).toMatchObject({
      severity: 'unhealthy',
      what: expect.stringMatching(
        /^no trade on any symbol of binance for \d+ s; connection c\d+ to binance is \w+, last error: \S/,
      ),
      action: expect.stringContaining('--mode check'),
    });
  }, 120_000);

  it('that trades stay missing', async ({ onTestFinished }) => {
    const stage = await openStage(onTestFinished, ['gap'], { alerting: { gap_minutes: 0.05 } });
    await untilLive(stage);
    stage.exchange.faults.failRest(503, 1_000_000);
    stage.exchange.faults.drop('btcusdt@trade', { count: 5 });
    await until(async () => stage.receiver.received.length === 1 || undefined);
    stage.exchange.faults.failRest(503, 0);
    await stage.expectTold(['firing gap/binance/BTCUSDT', 'resolved gap/binance/BTCUSDT']);
  }, 120_000);

  it('that the exchange does not know a symbol', async ({ onTestFinished }) => {
    const stage = await openStage(onTestFinished, ['stream_silent']);
    await untilLive(stage);
    const { wsUrl: ws_url, restUrl: rest_url } = stage.exchange;
    const symbols = ['BTCUSDT', 'NOPEUSDT'];
    await stage.reload({ exchanges: { binance: { symbols, ws_url, rest_url } } });
    await until(async () => stage.receiver.received.length === 1 || undefined);
    await stage.reload({});
    await stage.expectTold([
      'firing stream_silent/binance/NOPEUSDT',
      'resolved stream_silent/binance/NOPEUSDT',
    ]);
  }, 120_000);

  it('that the disk fills up', async ({ onTestFinished }) => {
    const mount = await mkdtemp(join(tmpdir(), 'lake-disk-'));
    const disk = await mountSmallDisk(mount);
    const root = await mkdtemp(join(mount, 'lake-'));
    onTestFinished(async () => disk?.unmount());
    const given = { cleanup: { disk_alert_percent: 50 } };
    // Where no disk can be mounted, the disk there is is called full.
    const full = disk === undefined ? { cleanup: { disk_alert_percent: 1 } } : given;
    const stage = await openStage(onTestFinished, ['disk'], disk === undefined ? {} : given, root);
    await stage.untilHeartbeat(() => true);
    const filler = join(root, 'filler');
    if (disk !== undefined) await writeFile(filler, Buffer.alloc(60e6));
    else await stage.reload(full);
    await until(async () => stage.receiver.received.length === 1 || undefined);
    if (disk !== undefined) await rm(filler);
    else await stage.reload({});
    await stage.expectTold(['firing disk/lake', 'resolved disk/lake']);
  }, 120_000);

  it('that its processes hold more memory than they may', async ({ onTestFinished }) => {
    const stage = await openStage(onTestFinished, ['memory'], {
      alerting: { memory_megabytes: 1 },
    });
    await until(async () => stage.receiver.received.length === 1 || undefined);
    await stage.reload({});
    await stage.expectTold(['firing memory/lake', 'resolved memory/lake']);
    const { memory_mb, services } = await stage.untilHeartbeat(() => true);
    expect(memory_mb).toBeGreaterThan(services[0]!.memory_mb!);
  }, 120_000);

  it('that a transform fails at what is damaged', async ({ onTestFinished }) => {
    const stage = await openStage(onTestFinished, ['transform_failed'], {
      transformer: { interval_minutes: 0.05 },
    });
    await untilLive(stage);
    const folder = join(stage.root, 'parquet');
    await until(async () => {
      await rm(folder, { recursive: true, force: true });
      // A run may make the folder in between.
      return writeFile(folder, 'a file in its place').then(
        () => true,
        () => undefined,
      );
    });
    await until(async () => stage.receiver.received.length === 1 || undefined);
    await rm(folder);
    await stage.expectTold([
      'firing transform_failed/transform',
      'resolved transform_failed/transform',
    ]);
  }, 120_000);

  it('that a transform does not come to its end', async ({ onTestFinished }) => {
    const stage = await openStage(onTestFinished, ['transform_failed', 'transform_late'], {
      transformer: { interval_minutes: 0.1 },
    });
    const pid = await stage.findPid('transform');
    process.kill(pid, 'SIGSTOP');
    await until(async () => stage.receiver.received.length === 1 || undefined);
    process.kill(pid, 'SIGCONT');
    await stage.expectTold([
      'firing transform_late/transform',
      'resolved transform_late/transform',
    ]);
  }, 120_000);

  it('that a job fails', async ({ onTestFinished }) => {
    const stage = await openStage(onTestFinished, ['job_failed'], {
      reconcile: { enabled: true, interval_minutes: 0.05 },
      transformer: { interval_minutes: 0.05 },
    });
    stage.exchange.faults.failRest(400, 1_000_000);
    await until(async () => stage.receiver.received.length === 1 || undefined);
    stage.exchange.faults.failRest(400, 0);
    await stage.expectTold(['firing job_failed/reconcile', 'resolved job_failed/reconcile']);
  }, 120_000);

  it('that the local clock is off', async ({ onTestFinished }) => {
    const stage = await openStage(onTestFinished, ['clock']);
    await stage.stop();
    const clockPath = `${stage.root}.clock`;
    onTestFinished(() => rm(clockPath));
    await writeFile(clockPath, '-2500000');
    const environment = { LAKE_DRILL_CLOCK_FILE: clockPath };
    const orchestrator = startMode('orchestrate', stage.root, silentLog, environment);
    onTestFinished(orchestrator.stop);
    await until(async () => stage.receiver.received.length === 1 || undefined);
    expect(stage.receiver.received[0]!.what).toMatch(
      /local clock is 2\.\d s behind the exchange's/,
    );
    await writeFile(clockPath, '0');
    await stage.expectTold(['firing clock/lake', 'resolved clock/lake']);
  }, 120_000);

  it('that everything is dead, by cron', async ({ onTestFinished }) => {
    const stage = await openStage(onTestFinished, []);
    await stage.stop();
    const orchestrator = startMode('orchestrate', stage.root, silentLog);
    await untilLive(stage);
    process.kill(orchestrator.pid!, 'SIGKILL');
    const judge = () => tryMode('health', stage.root, ['--alert']);
    const untilJudged = (code: number) =>
      until(async () => ((await judge()).code === code ? true : undefined));
    await untilJudged(1);
    expect((await judge()).stderr).toContain('heartbeat has stopped');
    stage.start();
    await untilJudged(0);
    await stage.expectTold([
      'firing collector_stopped/orchestrate',
      'resolved collector_stopped/orchestrate',
    ]);
  }, 120_000);
});
