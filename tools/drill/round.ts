// One round of the drill: a lake is started, struck with faults one after the other, stopped, completed
// and compared with the exchange. Whatever goes wrong becomes a problem of the round's result.

import { setTimeout as sleep } from 'node:timers/promises';
import { formatReason } from '../../lake/errors.ts';
import { createRandom, type Random } from '../simulator/random.ts';
import { type Comparison, compare } from './comparison.ts';
import { type Completion, completeLake } from './completion.ts';
import { draw, type Fault } from './fault.ts';
import { readLakeContent } from './lake-content.ts';
import { listPublished } from './published.ts';
import { type ControlLine, readControlLines } from './raw-lines.ts';
import { openRoundLog } from './round-log.ts';
import { openScene, type Scene } from './scene.ts';
import { until } from './wait.ts';

export type RoundPlan = {
  round: number;
  seed: number;
  root: string;
  faults: readonly Fault[];
  /** Ends the round early, which is a problem of its own. */
  signal: AbortSignal;
};

export type FaultRecord = {
  name: string;
  /** How long its cause lasted. */
  lastedMs: number;
  /** From its beginning to the first line of the raw data that tells of it; null where none does. */
  detectedMs: number | null;
  /** From the end of its cause until every symbol was recorded again. */
  recoveredMs: number;
};

export type RoundResult = {
  round: number;
  /** Connections per stream. */
  connections: number;
  /** Names of the faults, the last of which may not have been survived. */
  struck: string[];
  /** Their times, where the round came to its end. */
  faults: FaultRecord[];
  comparison: Comparison | undefined;
  completion: Completion | undefined;
  /** How often the orchestrator ended by itself and was started again. */
  orchestratorStarts: number;
  durationMs: number;
  /** Why the round is failed; none where all is well. */
  problems: string[];
  /** What the lake's processes logged. */
  log: readonly string[];
};

type Struck = {
  name: string;
  fromUs: number;
  untilUs: number;
  recoveredUs: number;
  clockUs: number;
};

/** After a trade is on disk, what was sent with it is as well. */
const settleMs = 300;

export async function runRound(plan: RoundPlan): Promise<RoundResult> {
  const { round, seed, root } = plan;
  const startedMs = performance.now();
  const log = openRoundLog();
  const random = createRandom(seed);
  const connections = draw(random, 1, 2) as 1 | 2;
  const scene = await openScene({ root, seed, connections, log });
  const result: RoundResult = {
    round,
    connections,
    struck: [],
    faults: [],
    comparison: undefined,
    completion: undefined,
    orchestratorStarts: 1,
    durationMs: 0,
    problems: [],
    log: log.lines,
  };
  try {
    await play(scene, plan, random, result);
  } catch (thrown) {
    result.problems.push(thrown instanceof Error ? (thrown.stack ?? '') : formatReason(thrown));
  } finally {
    await scene.stopOrchestrator();
    await scene.exchange.close();
  }
  result.orchestratorStarts += scene.fallen;
  result.problems.push(...log.crashes);
  result.durationMs = performance.now() - startedMs;
  return result;
}

async function play(
  scene: Scene,
  { faults, signal }: RoundPlan,
  random: Random,
  result: RoundResult,
): Promise<void> {
  scene.startOrchestrator();
  await until('the first subscription', async () => scene.isSubscribed() || undefined);
  const fromUs = scene.exchange.nowUs();
  await scene.untilRecording();
  const struck: Struck[] = [];
  for (const fault of faults) {
    signal.throwIfAborted();
    result.struck.push(fault.name);
    struck.push(await strike(scene, fault, random));
  }
  const untilUs = scene.exchange.nowUs();
  await scene.untilRecording();
  await sleep(settleMs);
  const code = await scene.stopOrchestrator();
  if (code !== 0) result.problems.push(`the orchestrator ended with ${code} when it was stopped`);
  const lines = await readControlLines(scene.root);
  result.faults = struck.map((each, index) => describe(each, struck[index + 1]?.fromUs, lines));
  result.completion = await completeLake(scene.root);
  result.problems.push(...result.completion.problems);
  const published = listPublished(scene.exchange.truth, fromUs, untilUs);
  result.comparison = compare(published, await readLakeContent(scene.root));
  result.problems.push(...listDifferences(result.comparison));
}

async function strike(scene: Scene, fault: Fault, random: Random): Promise<Struck> {
  const { exchange, clockOffsetUs: clockUs } = scene;
  const fromUs = exchange.nowUs();
  await fault.strike(scene, random);
  const untilUs = exchange.nowUs();
  await scene.untilRecording();
  return { name: fault.name, fromUs, untilUs, recoveredUs: exchange.nowUs(), clockUs };
}

/** Lines that belong to any recording. */
const ordinary = ['listening', 'rotate', 'subscribed', 'fill', 'clock'];

function describe(struck: Struck, nextUs: number | undefined, lines: readonly ControlLine[]) {
  const { name, fromUs, untilUs, recoveredUs, clockUs } = struck;
  const first = lines.find(({ event, recvUs }) => {
    const atUs = recvUs - clockUs;
    return !ordinary.includes(event) && atUs >= fromUs && atUs < (nextUs ?? recoveredUs);
  });
  return {
    name,
    lastedMs: (untilUs - fromUs) / 1000,
    detectedMs: first === undefined ? null : (first.recvUs - clockUs - fromUs) / 1000,
    recoveredMs: (recoveredUs - untilUs) / 1000,
  };
}

function listDifferences(found: Comparison): string[] {
  const say = (what: string, of: readonly string[]) =>
    of.length === 0 ? [] : [`${of.length} ${what}: ${of.slice(0, 5).join(', ')}`];
  return [
    ...say('trades missing', found.missing),
    ...say('trades doubled', found.doubled),
    ...say('trades altered', found.altered),
    ...say('bars wrong', found.wrongBars),
    ...(found.tradesSent === 0 ? ['nothing was sent'] : []),
  ];
}
