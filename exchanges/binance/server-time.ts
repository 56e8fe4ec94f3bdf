// Binance's own time. Source: binance-spot-api-docs, rest-api.md, 2026-06-01: GET /api/v3/time, weight 1.

import { z } from 'zod';

const answerSchema = z.object({ serverTime: z.number().positive() });

export function formatTimeUrl(restUrl: string): string {
  return `${restUrl.replace(/\/+$/, '')}/api/v3/time`;
}

export function parseTimeMs(answer: unknown): number {
  const time = answerSchema.safeParse(answer).data;
  if (time === undefined) throw new Error('read exchange time: no serverTime in the answer');
  return time.serverTime;
}
