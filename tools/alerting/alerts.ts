// The alerts of a running lake: takes each heartbeat's problems, decides what is to be told, and has it
// sent. Never holds up the heartbeat. A state that cannot be written (a full disk is what alerts are
// for) is said once, and what is in memory is sent all the same.

import type { Config } from '../../lake/config.ts';
import { formatReason } from '../../lake/errors.ts';
import type { Log } from '../../lake/log.ts';
import type { Problem } from '../health/problem.ts';
import type { Message } from './alert.ts';
import { type AlertState, readAlertState, writeAlertState } from './alert-state.ts';
import { decideAlerts } from './decide.ts';
import { Delivery, type DeliveryLimits, type DeliveryTrouble } from './delivery.ts';
import { formatMessage, type Sender } from './message.ts';
import { addMessages, removeSent } from './outbox.ts';
import type { Post } from './post.ts';

export type AlertsOptions = {
  /** Where the state is kept. */
  path: string;
  config: Config;
  log: Log;
  sender: Sender;
  post: Post;
  random: () => number;
  newId: () => string;
  /** Since the epoch. */
  readNowMs(): number;
  limits?: DeliveryLimits;
  patience?: Patience;
};

/** In heartbeats. */
type Patience = {
  /** For so long a problem must be away to be over. */
  quietHeartbeats: number;
  /** For so long after the start nothing is over: not everything has been reported yet. */
  settledHeartbeats: number;
};

const minuteMs = 60_000;
const defaultPatience: Patience = { quietHeartbeats: 1, settledHeartbeats: 3 };

export class Alerts {
  readonly #options: AlertsOptions;
  readonly #delivery: Delivery;
  readonly #startedAtMs: number;
  #config: Config;
  #state: AlertState | undefined;
  /** One thing after the other: reading, deciding, writing. */
  #turn: Promise<void> = Promise.resolve();
  #cannotWrite = false;

  constructor(options: AlertsOptions) {
    this.#options = options;
    this.#config = options.config;
    this.#startedAtMs = options.readNowMs();
    this.#delivery = new Delivery({
      ...options,
      readUrl: () => this.#config.alerting.webhook_url,
      listWaiting: () => this.#state?.outbox ?? [],
      remove: (message) => this.#remove(message),
    });
  }

  /** Why nothing arrives, if that is so, and how many messages wait. */
  get trouble(): (DeliveryTrouble & { waiting: number }) | undefined {
    const { trouble } = this.#delivery;
    return trouble && { ...trouble, waiting: this.#state?.outbox.length ?? 0 };
  }

  adopt(config: Config): void {
    const isOther = config.alerting.webhook_url !== this.#config.alerting.webhook_url;
    this.#config = config;
    if (isOther) this.#delivery.hurry();
  }

  /** Tells what has to be told of these problems. Returns at once, and never fails. */
  observe(problems: readonly Problem[]): void {
    if (this.#config.alerting.webhook_url === '') return;
    const nowMs = this.#options.readNowMs();
    void this.#inTurn(async () => {
      await this.#decide(problems, nowMs);
      this.#delivery.start();
    });
  }

  /** Sends what there is within that time; what does not arrive is kept for the next start. */
  async close(withinMs: number): Promise<void> {
    await this.#turn;
    if (this.#state !== undefined) await this.#delivery.close(withinMs);
    await this.#turn;
  }

  async #decide(problems: readonly Problem[], nowMs: number): Promise<void> {
    const { sender, newId, log, patience = defaultPatience } = this.#options;
    const state = await this.#load();
    const { conditions, rate_limit_minutes } = this.#config.alerting;
    const heartbeatMs = this.#config.health.interval_seconds * 1000;
    const { alerts, news } = decideAlerts(state.alerts, problems, nowMs, {
      conditions,
      rateLimitMs: rate_limit_minutes * minuteMs,
      quietMs: patience.quietHeartbeats * heartbeatMs,
      startedAtMs: this.#startedAtMs,
      settleMs: patience.settledHeartbeats * heartbeatMs,
    });
    const isSame = JSON.stringify(alerts) === JSON.stringify(state.alerts);
    if (isSame && news.length === 0) return;
    const messages = news.map((one) => formatMessage(one, problems, nowMs, sender, newId()));
    const { outbox, dropped } = addMessages(state.outbox, messages);
    if (dropped > 0) log.error(`queue alerts: ${dropped} of the oldest are dropped: too many wait`);
    this.#state = { alerts, outbox };
    await this.#save();
  }

  async #load(): Promise<AlertState> {
    if (this.#state !== undefined) return this.#state;
    const { path, log } = this.#options;
    try {
      this.#state = await readAlertState(path);
    } catch (thrown) {
      log.error(`${formatReason(thrown)}; what is wrong now is told again`);
      this.#state = { alerts: [], outbox: [] };
    }
    return this.#state;
  }

  #remove({ id }: Message): Promise<void> {
    this.#state!.outbox = removeSent(this.#state!.outbox, id);
    return this.#inTurn(() => this.#save());
  }

  async #save(): Promise<void> {
    const { path, log } = this.#options;
    try {
      await writeAlertState(path, this.#state!);
      this.#cannotWrite = false;
    } catch (thrown) {
      if (!this.#cannotWrite) {
        log.error(`write alerts ${path}: ${formatReason(thrown)}; a restart may tell things twice`);
      }
      this.#cannotWrite = true;
    }
  }

  #inTurn(act: () => Promise<void>): Promise<void> {
    const { log } = this.#options;
    this.#turn = this.#turn.then(act).catch((thrown) => {
      log.error(`tell alerts: ${formatReason(thrown)}; it is tried with the next heartbeat`);
    });
    return this.#turn;
  }
}
