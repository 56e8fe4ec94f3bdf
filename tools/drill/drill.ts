// The mode `drill`: rounds of faults in an order drawn from a seed, each on a lake of its own below a
// temporary folder, against the embedded exchange. Arguments name the faults to draw from; without any
// it is all there are. Prints a line per round and a report; fails where
// anything is lost that the exchange still had. A round that failed is kept, with its log.

import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeFileDurably } from '../../lake/durable.ts';
import { OperationalError, UsageError } from '../../lake/errors.ts';
import type { ModeOptions, RunMode } from '../../lake/mode.ts';
import { exchangeFaults } from './exchange-faults.ts';
import type { Fault } from './fault.ts';
import { machineFaults } from './machine-faults.ts';
import { planFaults, seedRound } from './plan.ts';
import { type DrillResult, formatReport, formatRound, isGood } from './report.ts';
import { type RoundPlan, type RoundResult, runRound } from './round.ts';
import { mountSmallDisk } from './small-disk.ts';

const allFaults: readonly Fault[] = [...exchangeFaults, ...machineFaults];
const maxRounds = 10_000;

export const runDrill: RunMode = async ({ options, positionals, signal }) => {
  const rounds = readNumber(options, 'rounds', maxRounds);
  const seed = readNumber(options, 'seed', Number.MAX_SAFE_INTEGER);
  const faults = positionals.length === 0 ? allFaults : positionals.map(findFault);
  const work = await openWorkFolder(options);
  const isMountable = await canMount(join(work, 'disk'));
  const possible = faults.filter(({ needsSmallDisk }) => !needsSmallDisk || isMountable);
  const leftOut = faults
    .filter((fault) => !possible.includes(fault))
    .map(({ name }) => `${name}, which takes the right to mount a small disk`);
  const result: DrillResult & { rounds: RoundResult[] } = { seed, rounds: [], leftOut };
  for (let round = 1; round <= rounds && !signal.aborted; round++) {
    const names = planFaults(
      possible.map(({ name }) => name),
      seed,
      round,
    );
    const drawn = names.map((name) => possible.find((fault) => fault.name === name)!);
    const plan = { round, seed: seedRound(seed, round), faults: drawn, signal };
    const done = await runRoundBelow(work, plan);
    if (signal.aborted) break;
    result.rounds.push(done);
    const lines = [formatRound(done), ...done.problems.map((problem) => `  ${problem.trimEnd()}`)];
    process.stdout.write(`${lines.join('\n')}\n`);
  }
  const report = formatReport(result);
  process.stdout.write(`\n${report}`);
  if (typeof options.report === 'string') await writeFileDurably(options.report, report);
  if (isGood(result)) {
    await rm(work, { recursive: true });
    return 0;
  }
  throw new OperationalError(`drill with seed ${seed}: see the rounds that failed above`, {
    hint: `what is left of them lies below ${work}`,
  });
};

function findFault(name: string): Fault {
  const found = allFaults.find((fault) => fault.name === name);
  if (found !== undefined) return found;
  const known = allFaults.map((fault) => `"${fault.name}"`).join(', ');
  throw new UsageError(`parse command line: no fault "${name}"; there are ${known}`);
}

/** Runs a round in a folder of its own, which is kept where the round fails. */
async function runRoundBelow(work: string, plan: Omit<RoundPlan, 'root'>): Promise<RoundResult> {
  const root = join(work, `round-${plan.round}`);
  await mkdir(root);
  const needsDisk = plan.faults.some(({ needsSmallDisk }) => needsSmallDisk);
  const disk = needsDisk ? await mountSmallDisk(root) : undefined;
  try {
    const result = await runRound({ ...plan, root });
    if (result.problems.length > 0) {
      await writeFileDurably(`${root}.log`, `${result.log.join('\n')}\n`);
      // A small disk is gone when it is no longer mounted.
      if (disk !== undefined)
        await cp(root, `${root}-kept`, { recursive: true, filter: isNoSocket });
    } else if (disk === undefined) {
      await rm(root, { recursive: true });
    }
    return result;
  } finally {
    await disk?.unmount();
  }
}

/** Locks are sockets, which cannot be copied. */
function isNoSocket(path: string): boolean {
  return !path.endsWith('.lock');
}

async function openWorkFolder({ root }: ModeOptions): Promise<string> {
  const parent = typeof root === 'string' ? root : tmpdir();
  await mkdir(parent, { recursive: true });
  return mkdtemp(join(parent, 'crypto-lake-drill-'));
}

async function canMount(path: string): Promise<boolean> {
  const disk = await mountSmallDisk(path);
  await disk?.unmount();
  return disk !== undefined;
}

/** A whole number from 1; 1 where it is not given. */
function readNumber(options: ModeOptions, name: string, max: number): number {
  const number = Number(options[name] ?? 1);
  if (Number.isInteger(number) && number >= 1 && number <= max) return number;
  throw new UsageError(
    `parse command line: --${name} must be a whole number from 1, got "${options[name]}"`,
  );
}
