// The alert of a lake whose orchestrator cannot tell itself: it is dead, hangs, or has died before it told.
// Run by cron as `--mode health --alert`. Has a state of its own, and one run at a time, so that it never
// disturbs the orchestrator's.

import { randomUUID } from 'node:crypto';
import type { Config } from '../../lake/config.ts';
import { formatReason, OperationalError } from '../../lake/errors.ts';
import { alertStatePath, healthAlertStatePath } from '../../lake/layout.ts';
import { awaitLock } from '../../lake/lock.ts';
import type { Log } from '../../lake/log.ts';
import type { ModeContext } from '../../lake/mode.ts';
import type { Heartbeat } from '../health/heartbeat.ts';
import type { Surroundings } from '../health/verdict.ts';
import { type Alert, formatAlertName } from './alert.ts';
import { readAlertState } from './alert-state.ts';
import { Alerts } from './alerts.ts';
import { describeSender } from './open-alerts.ts';
import { postMessage } from './post.ts';
import { findUntold, findWithoutHeartbeat } from './untold.ts';

const otherWithinMs = 30_000;
const sendWithinMs = 20_000;

/** Tells what is wrong and not told by the orchestrator. Throws where that cannot be delivered. */
export async function tellHealth(
  { config, clock, log, signal }: ModeContext,
  heartbeat: Heartbeat | undefined,
  around: Surroundings | undefined,
): Promise<void> {
  checkAddress(config);
  const { root } = config;
  const lock = await awaitLock(root, 'health-alert', { withinMs: otherWithinMs, signal });
  try {
    const nowMs = clock.nowUs() / 1000;
    const intervalMs = config.health.interval_seconds * 1000;
    const stopped = findWithoutHeartbeat(heartbeat, nowMs, intervalMs, around);
    const alerts = new Alerts({
      path: healthAlertStatePath(root),
      config,
      log,
      sender: describeSender(config),
      post: postMessage,
      random: Math.random,
      newId: randomUUID,
      readNowMs: () => nowMs,
      // One look counts: the next may come in an hour.
      patience: { quietHeartbeats: 0, settledHeartbeats: 0 },
    });
    alerts.observe(
      stopped ?? findUntold(heartbeat!, await listTold(config, log), nowMs, intervalMs),
    );
    await alerts.close(sendWithinMs);
    if (alerts.trouble === undefined) return;
    throw new OperationalError(`send alert of ${root}: ${alerts.trouble.reason}`, {
      hint: 'check alerting.webhook_url (--mode check --alert sends a test); it is kept for the next run',
    });
  } finally {
    await lock.release();
  }
}

function checkAddress({ alerting }: Config): void {
  if (alerting.webhook_url !== '') return;
  throw new OperationalError('send alert: alerting.webhook_url is not set', {
    hint: 'set CRYPTO_LAKE_ALERTING__WEBHOOK_URL, or leave out --alert',
  });
}

/** Names of what the orchestrator has told, or is about to; none where that cannot be read. */
async function listTold({ root }: Config, log: Log): Promise<ReadonlySet<string>> {
  const { alerts } = await readAlertState(alertStatePath(root)).catch((thrown) => {
    log.warn(`${formatReason(thrown)}; what is wrong now may be told twice`);
    return { alerts: [] };
  });
  const names = ({ condition, members }: Alert) =>
    members.map((subject) => formatAlertName({ condition, subject }));
  return new Set(alerts.flatMap(names));
}
