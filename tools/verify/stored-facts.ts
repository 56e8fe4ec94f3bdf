// What the day's Parquet files hold, counted from their rows, and which rows break a rule of data
// quality. Only files are read whose bytes are those their manifest describes.

import { addDays, startOfDayUs, usPerSecond } from '../../lake/day.ts';
import type { DuckdbSession } from '../../lake/duckdb.ts';
import { formatReason } from '../../lake/errors.ts';
import type { Dataset } from '../../lake/layout.ts';
import { count, type Finding } from './finding.ts';
import { barRules, jointRules, type Rule, statements, tradeRules } from './sql.ts';
import { isWhole, type StoredDay } from './stored-day.ts';

/** Ranges of seconds since the epoch or of trade ids, first and last inclusive, ascending. */
export type Ranges = [number, number][];

export type BarsFacts = {
  rows: number;
  firstSecond: number | null;
  lastSecond: number | null;
  /** Runs of consecutive seconds. */
  runs: Ranges;
};

export type TradesFacts = {
  rows: number;
  firstSecond: number | null;
  lastSecond: number | null;
  firstId: number | null;
  lastId: number | null;
  filled: number;
  /** Ids that lie between the day's trades and have none. */
  gaps: Ranges;
};

export type StoredFacts = { bars?: BarsFacts; trades?: TradesFacts; findings: Finding[] };

export async function readStoredFacts(
  session: DuckdbSession,
  stored: StoredDay,
): Promise<StoredFacts> {
  const { day, bars_1s: bars, trades } = stored;
  const facts: StoredFacts = { findings: [] };
  await session.setVariable('day_from', startOfDayUs(day) / usPerSecond);
  await session.setVariable('day_to', startOfDayUs(addDays(day, 1)) / usPerSecond);
  const rules: Rule[] = [];
  try {
    if (bars !== undefined && isWhole(bars)) {
      facts.bars = await readBarsFacts(session, bars.path);
      rules.push(...barRules);
    }
    if (trades !== undefined && isWhole(trades)) {
      facts.trades = await readTradesFacts(session, trades.path);
      rules.push(...tradeRules);
    }
  } catch (thrown) {
    // It says nothing of the data.
    if (await session.isLost()) throw thrown;
    const failed: Dataset = facts.bars === undefined && isWhole(bars) ? 'bars_1s' : 'trades';
    facts.findings.push(describeFailure('parquet', `read ${failed}`, thrown));
  }
  if (facts.bars !== undefined && facts.trades !== undefined) rules.push(...jointRules);
  for (const rule of rules) facts.findings.push(...(await checkRule(session, rule)));
  return facts;
}

async function readBarsFacts(session: DuckdbSession, path: string): Promise<BarsFacts> {
  await session.setVariable('bars_path', path);
  await session.run(statements.loadBars);
  const [row] = await session.all(statements.barsFacts);
  const to = asList(row!.runs_to);
  return {
    rows: Number(row!.rows),
    firstSecond: asNumber(row!.first_second),
    lastSecond: asNumber(row!.last_second),
    runs: asList(row!.runs_from).map((second, index) => [Number(second), Number(to[index])]),
  };
}

async function readTradesFacts(session: DuckdbSession, path: string): Promise<TradesFacts> {
  await session.setVariable('trades_path', path);
  await session.run(statements.openTrades);
  const [row] = await session.all(statements.tradesFacts);
  const firstId = asNumber(row!.first_trade_id);
  const lastId = asNumber(row!.last_trade_id);
  const rows = Number(row!.rows);
  const gaps = await session.all(statements.idGaps);
  return {
    rows,
    firstSecond: asNumber(row!.first_second),
    lastSecond: asNumber(row!.last_second),
    firstId,
    lastId,
    filled: Number(row!.trades_filled),
    gaps: gaps.map((gap) => [Number(gap.missing_from), Number(gap.missing_to)]),
  };
}

/** The rows that break the rule, the worst five of them, as one finding. */
export async function checkRule(session: DuckdbSession, rule: Rule): Promise<Finding[]> {
  try {
    await session.run(rule.sql);
    const rows = await session.all(statements.worstOffenders);
    if (rows.length === 0) return [];
    const what = `${count(Number(rows[0]!.offenders), 'row')} break the rule`;
    const examples = rows.map(({ place, detail }) => `${place} ${detail}`);
    return [{ severity: 'wrong', check: rule.name, what, examples, remedy: 'rebuild' }];
  } catch (thrown) {
    if (await session.isLost()) throw thrown;
    return [describeFailure(rule.name, 'evaluate the rule', thrown)];
  }
}

function describeFailure(check: string, verb: string, thrown: unknown): Finding {
  const what = `${verb}: ${formatReason(thrown)}`;
  return { severity: 'wrong', check, what, remedy: 'rebuild' };
}

function asNumber(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value);
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
