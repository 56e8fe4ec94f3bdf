// Faults on the exchange's side: its network, its streams, its limits.

import { setTimeout as sleep } from 'node:timers/promises';
import { draw, type Fault, pick } from './fault.ts';
import { drillStreams, type Scene } from './scene.ts';
import { until } from './wait.ts';

const tradeStreams = drillStreams.filter((stream) => stream.endsWith('@trade'));
/** The busiest: its silence has to be noticed within seconds. */
const busyStream = tradeStreams[0]!;

export const exchangeFaults: readonly Fault[] = [
  {
    name: 'network cut',
    async strike({ exchange: { faults } }, random) {
      faults.cutNetwork();
      await sleep(draw(random, 300, 3000));
      faults.restoreNetwork();
    },
  },
  {
    name: 'connection reset',
    async strike({ exchange: { faults } }) {
      faults.reset();
    },
  },
  {
    name: 'one connection reset',
    async strike(scene, random) {
      const ids = listIds(scene);
      if (ids.length > 0) scene.exchange.faults.reset({ connection: pick(random, ids) });
    },
  },
  {
    name: 'shutdown notice',
    async strike(scene, random) {
      const before = listIds(scene);
      scene.exchange.faults.shutdown(draw(random, 200, 2000));
      await until('the end of connections told to go', async () => hasNone(scene, before));
    },
  },
  {
    name: 'half-open connection',
    async strike(scene) {
      const before = listIds(scene);
      for (const connection of before) scene.exchange.faults.stall({ connection });
      await until('another connection', async () => hasStream(scene, busyStream, before));
      for (const connection of before) scene.exchange.faults.reset({ connection });
    },
  },
  {
    name: 'silent stream',
    // For a while only: how often a stream delivers is learnt in a minute, which a round does not last.
    async strike({ exchange }, random) {
      const stream = pick(random, drillStreams);
      exchange.faults.silence(stream);
      await sleep(draw(random, 1000, 12_000));
      exchange.faults.lift(stream);
    },
  },
  {
    name: 'dropped frames',
    async strike({ exchange: { faults } }, random) {
      faults.drop(pick(random, tradeStreams), { count: draw(random, 1, 20) });
    },
  },
  {
    name: 'doubled frames',
    async strike({ exchange: { faults } }, random) {
      faults.duplicate(pick(random, drillStreams), { count: draw(random, 1, 20) });
    },
  },
  {
    name: 'frames out of order',
    async strike({ exchange: { faults } }, random) {
      faults.reorder(pick(random, drillStreams), { count: draw(random, 1, 20) });
    },
  },
  {
    name: 'corrupted frame',
    async strike({ exchange: { faults } }) {
      faults.garbage();
    },
  },
  {
    name: 'half a frame',
    async strike({ exchange: { faults } }) {
      faults.halfFrame();
    },
  },
  {
    name: 'ban',
    async strike({ exchange: { faults } }, random) {
      const durationMs = draw(random, 500, 3000);
      faults.ban(durationMs);
      faults.reset();
      await sleep(durationMs);
    },
  },
  {
    name: 'failing REST',
    async strike({ exchange: { faults } }, random) {
      faults.failRest(pick(random, [500, 502, 503]), draw(random, 1, 5));
      faults.drop(busyStream, { count: 5 });
    },
  },
];

function listIds({ exchange }: Scene): number[] {
  return exchange.connections().map(({ id }) => id);
}

function hasNone(scene: Scene, ids: readonly number[]): true | undefined {
  return listIds(scene).some((id) => ids.includes(id)) ? undefined : true;
}

/** Whether a connection that is none of `ids` has subscribed the stream. */
function hasStream(scene: Scene, stream: string, ids: readonly number[]): true | undefined {
  const others = scene.exchange.connections().filter(({ id }) => !ids.includes(id));
  return others.some(({ streams }) => streams.includes(stream)) || undefined;
}
