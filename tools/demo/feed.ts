// The exchange of the demo, and what it has sent. The demo moves the exchange's time itself, so that it
// knows to the trade where sending began, and can end it before the collector stops listening.

import type { Clock } from '../../lake/clock.ts';
import type { QuietPast } from '../simulator/activity.ts';
import { openSimulator, type Simulator } from '../simulator/server.ts';

/** The trades a client that stayed connected has been sent: every id from first to last. */
export type SentTrades = { symbol: string; firstId: number; lastId: number; trades: number };

export type DemoFeed = {
  wsUrl: string;
  restUrl: string;
  archiveUrl: string;
  /** Frames handed to clients so far. */
  countFrames(): number;
  /** Per symbol for which anything was sent. */
  listSent(): SentTrades[];
  /** Sends nothing more. Connections stay open. */
  pause(): void;
  close(): Promise<void>;
};

const tickMs = 10;
/** A trade is published within less than this after it happened. */
const publishedWithinUs = 10_000_000;

export type FeedOptions = {
  symbols: readonly string[];
  clock: Clock;
  /** Since when the exchange has been trading, and until when there was little of it. */
  tradedSinceUs?: number | undefined;
  quietPast?: QuietPast | undefined;
};

export async function openDemoFeed({ clock, ...options }: FeedOptions): Promise<DemoFeed> {
  const { symbols } = options;
  let nowUs = clock.nowUs();
  const exchangeClock: Clock = { nowUs: () => nowUs, monotonicMs: clock.monotonicMs };
  const simulator = await openSimulator({ ...options, clock: exchangeClock, tickMs: 0 });
  /** The time of the last tick before a symbol's trades were first listened to. */
  const silentUntilUs = new Map<string, number>();
  const sent = new Map<string, SentTrades>();

  function tick(): void {
    for (const symbol of listListenedTo(simulator, symbols)) {
      if (!silentUntilUs.has(symbol)) silentUntilUs.set(symbol, nowUs);
    }
    nowUs = Math.max(nowUs, clock.nowUs());
    simulator.tick();
  }

  function countSymbol(symbol: string, silentUs: number): void {
    const known = sent.get(symbol);
    const fromUs = known === undefined ? silentUs : nowUs;
    const recent = simulator.truth
      .trades(symbol, fromUs - publishedWithinUs, Number.POSITIVE_INFINITY)
      .filter((trade) => trade.eventUs > silentUs);
    const firstId = known?.firstId ?? recent[0]?.id;
    const lastId = recent.at(-1)?.id ?? known?.lastId;
    if (firstId === undefined || lastId === undefined) return;
    sent.set(symbol, { symbol, firstId, lastId, trades: lastId - firstId + 1 });
  }

  const timer = setInterval(tick, tickMs);
  return {
    wsUrl: simulator.wsUrl,
    restUrl: simulator.restUrl,
    archiveUrl: simulator.archiveUrl,
    countFrames: () => simulator.connections().reduce((sum, { frames }) => sum + frames, 0),
    listSent() {
      for (const [symbol, silentUs] of silentUntilUs) countSymbol(symbol, silentUs);
      return [...sent.values()];
    },
    pause: () => clearInterval(timer),
    async close() {
      clearInterval(timer);
      await simulator.close();
    },
  };
}

function listListenedTo(simulator: Simulator, symbols: readonly string[]): string[] {
  const streams = new Set(simulator.connections().flatMap((connection) => connection.streams));
  return symbols.filter((symbol) => streams.has(`${symbol.toLowerCase()}@trade`));
}
