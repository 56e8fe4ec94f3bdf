// Sends a test of the alerts, once, and says what the receiver answered: for `--mode check --alert`.

import { randomUUID } from 'node:crypto';
import type { Clock } from '../../lake/clock.ts';
import type { Config } from '../../lake/config.ts';
import { formatTest } from './message.ts';
import { describeSender } from './open-alerts.ts';
import { postMessage } from './post.ts';

export type TestResult = { isGood: boolean; detail: string };

export async function sendTestAlert(
  config: Config,
  clock: Clock,
  withinMs: number,
): Promise<TestResult> {
  const url = config.alerting.webhook_url;
  if (url === '') {
    const hint = 'set CRYPTO_LAKE_ALERTING__WEBHOOK_URL';
    return { isGood: false, detail: `alerting.webhook_url is not set: nobody is told; ${hint}` };
  }
  const startedMs = clock.monotonicMs();
  const message = formatTest(clock.nowUs() / 1000, describeSender(config), randomUUID());
  const outcome = await postMessage(url, message, withinMs);
  const tookMs = Math.round(clock.monotonicMs() - startedMs);
  const { host } = new URL(url);
  if (outcome.kind === 'sent') {
    return { isGood: true, detail: `${host} took a test: ${outcome.answer} in ${tookMs} ms` };
  }
  const hint = 'check alerting.webhook_url';
  return { isGood: false, detail: `${host} did not take a test: ${outcome.reason}; ${hint}` };
}
