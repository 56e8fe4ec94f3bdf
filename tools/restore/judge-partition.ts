// Whether a stored partition is to be taken: a decision from what the store says of it and what is here.
// What is here and whole goes only where the stored one was made of all of its parts, and more. Holds no
// effects.

import type { PartitionManifest } from '../../lake/partition-manifest.ts';

/** A partition as it is here. */
export type LocalPartition = {
  /** Undefined where there is none or where it cannot be read. */
  manifest: PartitionManifest | undefined;
  /** Whether the Parquet file is here and is what the manifest says. */
  isWhole: boolean;
};

/** `data`: the Parquet file alone, for its manifest is here; `all`: both. */
export type Decision = { take: 'nothing' | 'data' | 'all' } | { refused: string };

export function judgePartition(local: LocalPartition, stored: PartitionManifest): Decision {
  const { manifest, isWhole } = local;
  if (manifest === undefined) return { take: 'all' };
  if (manifest.sha256 === stored.sha256 && manifest.revision >= stored.revision) {
    return { take: isWhole ? 'nothing' : 'data' };
  }
  const [here, there] = [`revision ${manifest.revision}`, `revision ${stored.revision}`];
  if (manifest.revision > stored.revision) {
    return isWhole
      ? { take: 'nothing' }
      : { refused: `its manifest here says ${here}, the store has ${there}` };
  }
  const known = new Map(stored.inputs.map(({ part, sha256 }) => [part, sha256]));
  const lacking = manifest.inputs.filter(({ part, sha256 }) => known.get(part) !== sha256);
  if (lacking.length === 0) return { take: 'all' };
  return {
    refused: `${here} here was made of ${lacking[0]!.part}, ${there} in the store was not`,
  };
}
