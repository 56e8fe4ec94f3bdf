// Check of an exchange's public archive: does it answer? Without it, only what REST still knows can be
// filled, so that it does not is worth a warning and no more. Nothing but a checksum is fetched.

import { fetchWhole, formatCause } from '../../exchanges/http-get.ts';
import type { VenuePlan } from '../../exchanges/plan.ts';
import { addDays, formatDay } from '../../lake/day.ts';
import type { CheckFinding } from './finding.ts';

/** A day's files appear in the course of the next. */
const publishedAfterDays = 2;
const maxBytes = 10_000;

export type ArchiveCheck = { plan: VenuePlan; answerWithinMs: number; nowMs(): number };

export async function checkArchive(check: ArchiveCheck): Promise<CheckFinding> {
  const { exchange, archiveUrl, streams } = check.plan;
  const name = `${exchange.name} archive`;
  const day = addDays(formatDay(check.nowMs() * 1000), -publishedAfterDays);
  const { symbol } = streams[0]!;
  const { archive } = exchange;
  const path = `${archive.formatTradesPath(symbol, day)}${archive.checksumSuffix}`;
  const get = { url: `${archiveUrl.replace(/\/+$/, '')}${path}`, headers: {}, maxBytes };
  const startedMs = check.nowMs();
  try {
    const bounds = { withinMs: check.answerWithinMs, signal: new AbortController().signal };
    const { status } = await fetchWhole({ ...get, ...bounds });
    const tookMs = Math.round(check.nowMs() - startedMs);
    if (status === 200) {
      return { level: 'ok', name, detail: `${archiveUrl} answers in ${tookMs} ms` };
    }
    if (status === 404) {
      return { level: 'ok', name, detail: `${archiveUrl} answers, without ${symbol} of ${day}` };
    }
    return warn(name, `${archiveUrl} answers with status ${status}`);
  } catch (thrown) {
    return warn(name, `${archiveUrl} does not answer: ${formatCause(thrown)}`);
  }
}

function warn(name: string, what: string): CheckFinding {
  return {
    level: 'warn',
    name,
    detail: `${what}; trades that REST no longer knows could not be filled`,
  };
}
