// The mode `orchestrate`: holds the lock of the lake, remembers how its runs began and ended, and runs
// the services of the table until it is told to stop. After a cascade it ends with 1, so that whoever
// runs it starts it clean.

import type { Config } from '../lake/config.ts';
import { formatReason, OperationalError } from '../lake/errors.ts';
import { awaitLock, takeLock } from '../lake/lock.ts';
import type { ModeContext, RunMode } from '../lake/mode.ts';
import { readText } from '../lake/mode-options.ts';
import { programPath } from '../lake/program-path.ts';
import type { PastCascade, ServiceReport } from '../tools/health/service-report.ts';
import { planStartWaitMs } from './cascade.ts';
import { keepConfig, keepThen } from './config-in-force.ts';
import { planServices } from './service-table.ts';
import {
  listBadEnds,
  type PastStart,
  readMachine,
  readStarts,
  writeCascade,
  writeStarts,
} from './start-history.ts';
import { formatStart } from './start-notice.ts';
import { type SupervisionEnd, supervise } from './supervise.ts';
import { defaultLimits } from './supervision.ts';

const predecessorWithinMs = 30_000;

export const runOrchestrate: RunMode = async (context) => {
  const { config } = context;
  const lock = await takeLock(config.root, 'orchestrate');
  try {
    await runRemembered(context);
  } finally {
    await lock.release();
  }
  return 0;
};

/** Runs, and notes how it ended. A run whose end is not noted has died. */
async function runRemembered(context: ModeContext): Promise<void> {
  const { config, clock, log } = context;
  const { root } = config;
  const readNow = () => new Date(clock.nowUs() / 1000).toISOString();
  const past = await readStarts(root);
  const start: PastStart = {
    started_at: readNow(),
    ended: null,
    ended_at: null,
    why: null,
    services: [],
  };
  const note = async (more: Partial<PastStart>) => {
    // A lake whose disk is full has to start all the same.
    await writeStarts(root, [...past, { ...start, ...more }]).catch((thrown) =>
      log.error(`note start of ${root}: ${formatReason(thrown)}; the next start does not wait`),
    );
  };
  await note({});
  await awaitPredecessor(context);
  const end = await superviseAfter(context, past).catch(async (thrown) => {
    await note({ ended: 'refused', ended_at: readNow() });
    throw thrown;
  });
  const { cascade, failed } = end;
  const ended = cascade === undefined ? 'asked' : 'cascade';
  await note({ ended, ended_at: readNow(), why: cascade ?? null, services: [...failed] });
  if (cascade === undefined) return;
  throw new OperationalError(`run services of ${root}: cascade: ${cascade}`, {
    hint: 'see the report in health/; start it again, as systemd or Docker do by themselves',
  });
}

/**
 * The collector of an orchestrator that died seals its parts and ends by itself. Another one started
 * before that would only be refused. Where it takes too long, the refusal says who holds the lock.
 */
async function awaitPredecessor({ config, log, signal }: ModeContext): Promise<void> {
  try {
    const lock = await awaitLock(config.root, 'collect', { withinMs: predecessorWithinMs, signal });
    await lock.release();
  } catch (thrown) {
    if (!(thrown instanceof OperationalError)) throw thrown;
    log.warn(`wait for collector of ${config.root}: ${formatReason(thrown)}`);
  }
}

/** Supervises; what failed in the runs before may have to wait. */
async function superviseAfter(
  context: ModeContext,
  past: readonly PastStart[],
): Promise<SupervisionEnd> {
  const { config, configText, clock, log, options } = context;
  const { root } = config;
  const badEnds = listBadEnds(past, clock.nowUs() / 1000);
  const waitMs = planStartWaitMs(badEnds.length);
  // A run that died says nothing of who failed.
  const blamed = badEnds.at(-1)?.services ?? [];
  const isBlamed = (name: string) => blamed.length === 0 || blamed.includes(name);
  if (waitMs > 0) {
    const who = blamed.length === 0 ? 'every service' : blamed.join(' and ');
    const why = `${badEnds.length} runs of the last hour ended without being asked to`;
    log.warn(`${why}: ${who} is started in ${waitMs / 1000} s`);
  }
  const planOwn = (current: Config) => planServices(current, { isTest: options.test === true });
  log.info(`process ${process.pid}; SIGHUP reads the configuration again`);
  if (process.stdout.isTTY) {
    const given = { config: readText(options, 'config'), root: readText(options, 'root') };
    process.stdout.write(formatStart(config, planOwn(config), given));
  }
  return supervise({
    ...context,
    configPath: await keepConfig(root, configText, readText(options, 'config'), log),
    onReload: (handler) => context.onReload(keepThen(root, handler, log)),
    planServices: planOwn,
    program: programPath,
    limits: defaultLimits,
    random: Math.random,
    findStartWaitMs: (name) => (isBlamed(name) ? waitMs : 0),
    pastCascade: findPastCascade(badEnds),
    countBadEnds: () => listBadEnds(past, clock.nowUs() / 1000).length,
    reportCascade: (why, services) => reportCascade(context, why, services),
  });
}

function findPastCascade(badEnds: readonly PastStart[]): PastCascade | undefined {
  const last = badEnds.findLast(({ ended }) => ended === 'cascade');
  if (last?.ended_at == null || last.why === null) return undefined;
  return { why: last.why, atMs: Date.parse(last.ended_at), isNow: false };
}

async function reportCascade(
  { config, clock, log }: ModeContext,
  why: string,
  services: readonly ServiceReport[],
): Promise<void> {
  const { root } = config;
  const at = new Date(clock.nowUs() / 1000);
  try {
    const machine = await readMachine(root).catch(() => undefined);
    const path = await writeCascade(root, { at, why, services, machine });
    log.error(`cascade: ${why}; everything is stopped, to be started clean; see ${path}`);
  } catch (thrown) {
    log.error(`cascade: ${why}; everything is stopped; its report: ${formatReason(thrown)}`);
  }
}
