// What a round of the drill acts on: an embedded exchange, a lake of its own, and the orchestrator that
// runs it. Restarts an orchestrator that has ended, as a service manager would, and counts that.

import { stringify } from 'yaml';
import { writeFileDurably } from '../../lake/durable.ts';
import type { ProcessLog } from '../../lake/log.ts';
import { readHeartbeat } from '../health/health.ts';
import { programConfigPath, type RunningMode, startMode } from '../program/program.ts';
import { openSimulator, type Simulator } from '../simulator/server.ts';
import { findLastTradeId } from './raw-lines.ts';
import { until } from './wait.ts';

/** A busy one, one of middle size and a quiet one. */
export const drillSymbols = ['BTCUSDT', 'SOLUSDT', 'DOTUSDT'];
export const drillStreams = drillSymbols.flatMap((symbol) =>
  ['trade', 'bookTicker'].map((channel) => `${symbol.toLowerCase()}@${channel}`),
);

export class Scene {
  readonly root: string;
  readonly exchange: Simulator;
  /** How often the orchestrator has ended by itself. */
  fallen = 0;
  /** The lake's clock less this machine's. */
  clockOffsetUs = 0;
  #log: ProcessLog;
  #orchestrator: RunningMode | undefined;
  #isStopping = false;

  constructor(root: string, exchange: Simulator, log: ProcessLog) {
    this.root = root;
    this.exchange = exchange;
    this.#log = log;
  }

  startOrchestrator(): void {
    const environment = { LAKE_DRILL_CLOCK_FILE: this.#clockPath };
    const orchestrator = startMode('orchestrate', this.root, this.#log, environment);
    this.#orchestrator = orchestrator;
    void orchestrator.ended.then(() => {
      if (this.#isStopping || this.#orchestrator !== orchestrator) return;
      this.fallen++;
      this.startOrchestrator();
    });
  }

  /** Its exit code. Everything is sealed then, or was never going to be. */
  async stopOrchestrator(): Promise<number | null> {
    this.#isStopping = true;
    const orchestrator = this.#orchestrator;
    await orchestrator?.stop();
    return (await orchestrator?.ended) ?? null;
  }

  get orchestratorPid(): number | undefined {
    return this.#orchestrator?.pid;
  }

  /** The process of a service, once one runs. */
  untilRunning(service: string): Promise<number> {
    return until(`a process of ${service}`, () => this.findPid(service));
  }

  async findPid(service: string): Promise<number | undefined> {
    const services = (await readHeartbeat(this.root))?.services ?? [];
    const pid = services.find(({ name }) => name === service)?.pid ?? undefined;
    return pid !== undefined && isAlive(pid) ? pid : undefined;
  }

  async stepClock(offsetUs: number): Promise<void> {
    this.clockOffsetUs = offsetUs;
    await writeFileDurably(this.#clockPath, String(offsetUs));
  }

  isSubscribed(): boolean {
    const streams = new Set(this.exchange.connections().flatMap((each) => each.streams));
    return drillStreams.every((stream) => streams.has(stream));
  }

  /** Resolves when a trade of every symbol that was published after now is on disk. */
  async untilRecording(): Promise<void> {
    const sinceUs = this.exchange.nowUs();
    for (const symbol of drillSymbols) {
      await until(`recording of ${symbol}`, () => this.#findRecorded(symbol, sinceUs));
    }
  }

  async #findRecorded(symbol: string, sinceUs: number): Promise<true | undefined> {
    const { truth } = this.exchange;
    const trades = truth.trades(symbol, sinceUs - 10_000_000, Number.POSITIVE_INFINITY);
    const wanted = trades.find(({ eventUs }) => eventUs > sinceUs);
    if (wanted === undefined) return undefined;
    const found = await findLastTradeId(this.root, symbol);
    return found !== undefined && found >= wanted.id ? true : undefined;
  }

  get #clockPath(): string {
    // Beside the lake, whose disk may be full.
    return `${this.root}.clock`;
  }
}

export type SceneOptions = {
  root: string;
  /** Of the market. */
  seed: number;
  /** Connections per stream. */
  connections: 1 | 2;
  log: ProcessLog;
};

/** An exchange, and a lake that is about to record it. Everything in seconds instead of minutes. */
export async function openScene({ root, seed, connections, log }: SceneOptions): Promise<Scene> {
  const exchange = await openSimulator({ seed, symbols: drillSymbols });
  const scene = new Scene(root, exchange, log);
  const config = {
    root,
    exchanges: {
      binance: {
        symbols: drillSymbols,
        ws_url: exchange.wsUrl,
        rest_url: exchange.restUrl,
        archive_url: exchange.restUrl,
      },
    },
    collector: { rotate_seconds: 1, flush_milliseconds: 50, redundancy: connections },
    transformer: { interval_minutes: 0.2, memory_limit: '256MB' },
    reconcile: { interval_minutes: 0.6 },
    health: { interval_seconds: 1 },
    cleanup: { disk_alert_percent: 100 },
    web: { enabled: false },
  };
  await writeFileDurably(programConfigPath(root), stringify(config));
  await scene.stepClock(0);
  return scene;
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
