// Faults on the lake's side: processes that die or stand still, a clock that is set, a disk that is full.

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../simulator/random.ts';
import { draw, type Fault, pick } from './fault.ts';
import { isAlive, type Scene } from './scene.ts';
import { fillDisk } from './small-disk.ts';
import { until } from './wait.ts';

const hourUs = 3_600_000_000;

export const machineFaults: readonly Fault[] = [
  { name: 'collector killed', strike: (scene) => killService(scene, 'collect', 0) },
  {
    name: 'transformer killed',
    strike: (scene, random) => killService(scene, 'transform', draw(random, 0, 900)),
  },
  {
    name: 'backfill killed',
    strike: (scene, random) => killService(scene, 'backfill', draw(random, 0, 900)),
  },
  {
    name: 'orchestrator killed',
    async strike(scene) {
      const collector = await scene.untilRunning('collect');
      process.kill(scene.orchestratorPid!, 'SIGKILL');
      await untilDead(collector);
    },
  },
  {
    name: 'collector stopped for a while',
    async strike(scene, random) {
      const pid = await scene.untilRunning('collect');
      process.kill(pid, 'SIGSTOP');
      await sleep(draw(random, 500, 4000));
      process.kill(pid, 'SIGCONT');
    },
  },
  { name: 'clock step', strike: stepClock },
  {
    name: 'disk full',
    needsSmallDisk: true,
    async strike({ root }, random) {
      const filler = join(root, 'filler');
      await fillDisk(filler);
      await sleep(draw(random, 1000, 4000));
      await rm(filler);
    },
  },
];

/** Kills a process of the service, `afterMs` into its run. One that ends before that is let go. */
async function killService(scene: Scene, service: string, afterMs: number): Promise<void> {
  const pid = await scene.untilRunning(service);
  await sleep(afterMs);
  if (!isAlive(pid)) return;
  process.kill(pid, 'SIGKILL');
  await untilDead(pid);
}

async function untilDead(pid: number): Promise<void> {
  await until(`the end of process ${pid}`, async () => (isAlive(pid) ? undefined : true));
}

/** Sets the lake's clock, or sets it right again. */
async function stepClock(scene: Scene, random: Random): Promise<void> {
  const steps = [-hourUs, -1_300_000, 1_300_000, hourUs];
  await scene.stepClock(scene.clockOffsetUs === 0 ? pick(random, steps) : 0);
}
