// What the collector says of itself: the state of every connection, and what is wrong right now, since
// when, and what to do about it. Formats only.

import type { CollectStatus } from '../lake/status.ts';
import type { CatchUp } from './catch-up.ts';
import type { DiskTrouble } from './disk-retry.ts';
import type { Feed } from './feed.ts';

/** A connection that is not up again after so long is a problem. */
const downAfterMs = 10_000;

const noTrades = { first: 0, late: 0, missing: 0 };

/** The connections of a feed, one of which may be about to take over; or that it waits for one. */
export function formatConnections(feed: Feed): CollectStatus['connections'] {
  const { exchange, lane, reconnects, losses, handovers } = feed;
  const { conn, state, plan } = feed;
  const { shard } = plan;
  const all = feed.connections.map((one) => ({
    conn: one.name,
    state: one.state as string,
    streams: one.streams.length,
    trades: one.score,
  }));
  if (all.length === 0) {
    all.push({ conn, state, streams: plan.streams.length, trades: noTrades });
  }
  const own = { exchange: exchange.name, lane, shard, reconnects, losses, handovers };
  return all.map((one) => ({ ...one, ...own }));
}

export type Now = { us: number; ms: number };

/** A configuration that was not taken. */
export type Refusal = { problems: readonly string[]; sinceMs: number };

export type Trouble = {
  feeds: readonly Feed[];
  catchUps: readonly Pick<CatchUp, 'exchange' | 'refusedSymbols'>[];
  troubles: Iterable<DiskTrouble>;
  pausedSinceMs: number | undefined;
  refusal: Refusal | undefined;
  now: Now;
};

/** Everything that is wrong at this moment. */
export function findProblems(trouble: Trouble): CollectStatus['problems'] {
  const { feeds, catchUps, troubles, pausedSinceMs, refusal, now } = trouble;
  const since = (ms: number) => new Date((now.us - (now.ms - ms) * 1000) / 1000).toISOString();
  const problems: CollectStatus['problems'] = [];
  for (const feed of feeds) {
    const { downSinceMs, lastError: last_error, exchange } = feed;
    if (downSinceMs !== undefined && now.ms - downSinceMs > downAfterMs) {
      const what = `connection ${feed.conn} to ${exchange.name} is ${feed.state}`;
      const action = `check the network and exchanges.${exchange.name}.ws_url`;
      const subject = `${exchange.name} ${feed.lane}/${feed.plan.shard}`;
      const own = { what, since: since(downSinceMs), action, subject };
      problems.push({
        ...own,
        kind: 'connection',
        ...(last_error !== undefined && { last_error }),
      });
    }
    for (const { stream, state, sinceMs, isProven } of feed.failures) {
      if (!isProven) continue;
      const what = `stream ${exchange.name} ${stream.name} is ${state}`;
      const kind = state === 'refused' ? 'refused' : 'stream';
      const subject = `${exchange.name}/${stream.symbol}`;
      const action = streamActions[state];
      problems.push({ what, since: since(sinceMs), action, kind, subject });
    }
  }
  for (const { exchange, refusedSymbols } of catchUps) {
    for (const [symbol, { sinceMs }] of refusedSymbols) {
      const what = `${exchange} does not know the symbol ${symbol}: nothing is recorded of it`;
      const action = `correct exchanges.${exchange}.symbols, and reload`;
      const subject = `${exchange}/${symbol}`;
      problems.push({ what, since: since(sinceMs), action, kind: 'refused', subject });
    }
  }
  for (const { what, reason, hint, sinceMs } of troubles) {
    const trouble = { what: `${what}: ${reason}`, since: since(sinceMs), action: hint };
    problems.push({ ...trouble, kind: 'disk', subject: 'collect' });
  }
  if (pausedSinceMs !== undefined) {
    const action = 'free or replace the disk below the root';
    const paused = { what: 'reading is paused', since: since(pausedSinceMs), action };
    problems.push({ ...paused, kind: 'disk', subject: 'collect' });
  }
  if (refusal !== undefined) {
    const what = `the new configuration is refused: ${refusal.problems.join('; ')}`;
    const action = 'correct it and reload again; the one before stays in force';
    const subject = 'collect';
    problems.push({ what, since: since(refusal.sinceMs), action, kind: 'configuration', subject });
  }
  return problems;
}

const streamActions = {
  silent: 'check that the exchange lists this symbol, and that it trades',
  stale: 'check whether trading is halted; the stream was subscribed again',
  refused: 'correct the symbol or channel in the configuration',
};
