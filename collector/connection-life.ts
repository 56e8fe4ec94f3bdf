// When a connection has to end, seen from its age and its signs of life. Decides only.

import type { ExchangeLimits } from '../exchanges/exchange.ts';

export type ConnectionLife = {
  openedMs: number;
  /** Last frame or ping. */
  lifeMs: number;
  /** Whether a subscription is unanswered for too long. */
  isOverdue: boolean;
  /** Whether streams are acknowledged and none of them delivers. */
  isDead: boolean;
};

export type ConnectionVerdict = {
  reason: string;
  /** Whether we replace a connection that works, so that there is nothing to wait for. */
  isPlanned: boolean;
  /** Whether the other side can be expected to answer our closing. */
  isResponsive: boolean;
};

/** Why the connection must end now, or undefined. */
export function judgeConnection(
  life: ConnectionLife,
  limits: ExchangeLimits,
  nowMs: number,
): ConnectionVerdict | undefined {
  if (nowMs - life.lifeMs > limits.idleTimeoutMs) {
    return { reason: 'idle', isPlanned: false, isResponsive: false };
  }
  if (life.isOverdue) {
    return { reason: 'no acknowledgement', isPlanned: false, isResponsive: false };
  }
  if (life.isDead) return { reason: 'no stream delivers', isPlanned: false, isResponsive: true };
  if (nowMs - life.openedMs > limits.connectionLifetimeMs) {
    return { reason: 'lifetime', isPlanned: true, isResponsive: true };
  }
  return undefined;
}
