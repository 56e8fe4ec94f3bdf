// Check of the configured symbols: does the exchange know each of them? A subscription to one that does
// not exist is accepted like any other, and then stays silent for ever. One light request per symbol.

import { fetchWhole, formatCause } from '../../exchanges/http-get.ts';
import type { VenuePlan } from '../../exchanges/plan.ts';
import type { CheckFinding } from './finding.ts';

const maxBytes = 100_000;
const atOnce = 8;

export type SymbolsCheck = { plan: VenuePlan; answerWithinMs: number; nowMs(): number };

export async function checkSymbols(check: SymbolsCheck): Promise<CheckFinding> {
  const { exchange, streams } = check.plan;
  const name = `${exchange.name} symbols`;
  const symbols = [...new Set(streams.map(({ symbol }) => symbol))];
  const refused: string[] = [];
  const unanswered: string[] = [];
  for (let first = 0; first < symbols.length; first += atOnce) {
    const some = symbols.slice(first, first + atOnce);
    for (const answer of await Promise.all(some.map((symbol) => ask(check, symbol)))) {
      if (answer.refusal !== undefined) refused.push(`${answer.symbol}: ${answer.refusal}`);
      else if (answer.failure !== undefined) unanswered.push(`${answer.symbol}: ${answer.failure}`);
    }
  }
  if (refused.length > 0) {
    const hint = `see exchanges.${exchange.name}.symbols`;
    return { level: 'fail', name, detail: `refuses ${refused.join(', ')}; ${hint}` };
  }
  if (unanswered.length > 0) {
    return { level: 'warn', name, detail: `does not say whether it has ${unanswered.join(', ')}` };
  }
  return { level: 'ok', name, detail: `has ${symbols.join(', ')}` };
}

type Answer = { symbol: string; refusal?: string; failure?: string };

async function ask(check: SymbolsCheck, symbol: string): Promise<Answer> {
  const { rest } = check.plan.exchange;
  const { path } = rest.formatKlines(symbol, Math.floor(check.nowMs()) * 1000, 1);
  const url = `${check.plan.restUrl.replace(/\/+$/, '')}${path}`;
  const bounds = { withinMs: check.answerWithinMs, signal: new AbortController().signal };
  try {
    const { status, body } = await fetchWhole({ url, headers: rest.headers, maxBytes, ...bounds });
    if (status === 200) return { symbol };
    const refusal = status === 400 ? rest.findRefusal(body) : undefined;
    if (refusal === undefined) return { symbol, failure: `status ${status}` };
    return { symbol, refusal: `${refusal.text} (${refusal.code})` };
  } catch (thrown) {
    return { symbol, failure: formatCause(thrown) };
  }
}
