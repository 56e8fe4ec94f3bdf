// Reads the parts being written. Their frames stay in the session, and what was taken over of them, so that the next
// refresh reads only the lines that have come since; what a part says is the same as if it were read whole. A
// part with a line that can only be read the general way is read whole each time.

import { join } from 'node:path';
import {
  collectQuotes,
  describeParts,
  type Extraction,
  listOverlapping,
  readFast,
  readFrames,
  readKnownFrames,
} from '../extract.ts';
import type { LedgerEntry } from '../ledger.ts';
import type { Part } from '../parts.ts';
import type { PartSets } from '../run-plan.ts';
import { statements } from '../session.ts';
import { copyBytes } from './open-copy.ts';
import { tailStatements } from './tail-session.ts';

/** What the session's tables hold of the parts being written. */
export type KeptFrames = {
  /** How far each has been read. */
  parts: Pick<Part, 'name' | 'bytes'>[];
  /** First second with a quote in them; from there on the quotes of `sharing` are kept, too. */
  firstQuote: number | undefined;
  /** Parts read before that share seconds with them. */
  sharing: string[];
};

/** What the parts say, and what of them stays in the session: nothing where it must be read whole again. */
export type OpenRead = { entries: LedgerEntry[]; kept: KeptFrames | undefined };

/** Reads `pending` to their `bytes`, into the session's new tables. `kept`: what these hold already. */
export async function readOpenParts(
  extraction: Extraction,
  { pending, known }: PartSets,
  kept: KeptFrames | undefined,
): Promise<OpenRead> {
  await extraction.session.setVariable('new_part_count', pending.length);
  const grown = kept && (await readGrown(extraction, { pending, known }, kept));
  return grown ?? readWhole(extraction, { pending, known });
}

async function readWhole(extraction: Extraction, { pending, known }: PartSets): Promise<OpenRead> {
  const { session } = extraction;
  await session.run(statements.tables);
  const isFast = await readFrames(extraction, await copyParts(extraction, pending));
  const entries = await describeParts(session, pending);
  const overlapping = listOverlapping(known, entries);
  const firstQuote = findFirstQuote(entries);
  if (overlapping.length > 0) {
    await readKnownFrames(extraction, overlapping);
    await session.setVariable('quotes_from', firstQuote!);
    await session.run(tailStatements.dropKnownFrames);
  }
  await session.run(statements.collectTrades);
  await collectQuotes(session, 0);
  await session.run(tailStatements.keepFrames);
  const parts = pending.map(({ name, bytes }) => ({ name, bytes }));
  const sharing = overlapping.map(({ part }) => part.name);
  return { entries, kept: isFast ? { parts, firstQuote, sharing } : undefined };
}

/** Reads what has come since; undefined where that is not enough. */
async function readGrown(
  extraction: Extraction,
  { pending, known }: PartSets,
  kept: KeptFrames,
): Promise<OpenRead | undefined> {
  const { session } = extraction;
  const isGrown = pending.every(
    ({ name, bytes }, at) => kept.parts[at]?.name === name && kept.parts[at].bytes <= bytes,
  );
  if (!isGrown || kept.parts.length !== pending.length) return undefined;
  const odd = await readFast(extraction, await copyParts(extraction, pending, kept));
  if (odd.length > 0) return undefined;
  await session.run(statements.collectTrades);
  const [quote] = await session.all(tailStatements.firstQuote);
  await session.run(tailStatements.addFrames);
  const entries = await describeParts(session, pending);
  const sharing = listOverlapping(known, entries).map(({ part }) => part.name);
  const isShared = sharing.join() === kept.sharing.join();
  if (!isShared || findFirstQuote(entries) !== kept.firstQuote) return undefined;
  if (quote?.second != null) await collectQuotes(session, Number(quote.second));
  await session.run(tailStatements.keepFrames);
  const parts = pending.map(({ name, bytes }) => ({ name, bytes }));
  return { entries, kept: { ...kept, parts } };
}

/** The lines that have not been read, as they are now: copies that do not change. */
async function copyParts(
  { scratchDir }: Extraction,
  parts: readonly Part[],
  kept?: KeptFrames,
): Promise<Part[]> {
  const copies: Part[] = [];
  for (const [at, part] of parts.entries()) {
    const path = join(scratchDir, `open-${at}.jsonl`);
    await copyBytes(part.path, path, kept?.parts[at]?.bytes ?? 0, part.bytes);
    copies.push({ ...part, path });
  }
  return copies;
}

function findFirstQuote(entries: readonly LedgerEntry[]): number | undefined {
  const quotes = entries.map((entry) => entry.firstQuoteUs).filter((us) => us !== null);
  return quotes.length === 0 ? undefined : Math.floor(Math.min(...quotes) / 1_000_000);
}
