// What is known of the raw parts of one instrument, for the plan of what goes.

import type { Config } from '../../lake/config.ts';
import type { Instrument } from '../../lake/layout.ts';
import { type LedgerEntry, openLedger } from '../../transformer/ledger.ts';
import { listParts } from '../../transformer/parts.ts';
import { PartProof } from './proof.ts';
import { mayGo, type PartFact, type RetentionRules } from './retention.ts';
import type { Stores } from './upload-proof.ts';

/**
 * The sealed parts of an instrument. A proof reads whole partitions, so it is made only for parts that
 * may go.
 */
export async function readPartFacts(
  config: Config,
  instrument: Instrument,
  rules: RetentionRules,
  stores: Stores,
): Promise<PartFact[]> {
  const { root } = config;
  const parts = await listParts(root, instrument);
  const entries = await openLedger(root, instrument).read(parts.map((part) => part.day));
  const proof = new PartProof(config, instrument, stores);
  const facts: PartFact[] = [];
  for (const part of parts) {
    const entry = entries.get(part.name);
    const verdict = mayGo(part, rules)
      ? await proof.judge(part, entry)
      : { doubt: 'not old enough' };
    facts.push({
      name: part.name,
      instrument: `${instrument.exchange}/${instrument.symbol}`,
      day: part.day,
      number: part.number,
      bytes: part.bytes,
      unproven: 'doubt' in verdict ? verdict.doubt : undefined,
      proof: 'proof' in verdict ? verdict.proof : undefined,
      quoteSeconds: entry && findQuoteSeconds(entry),
    });
  }
  return facts;
}

function findQuoteSeconds({ firstQuoteUs, lastQuoteUs }: LedgerEntry): PartFact['quoteSeconds'] {
  if (firstQuoteUs === null || lastQuoteUs === null) return null;
  return [Math.floor(firstQuoteUs / 1_000_000), Math.floor(lastQuoteUs / 1_000_000)];
}
