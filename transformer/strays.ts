// What lies below `raw/` and is not of the lake: an editor's backup, what a file manager leaves, a folder of
// somebody's own. It is left alone and read by nobody; a warning names it, or it would be taken for data.

import { join, relative } from 'node:path';
import { isSymbol } from '../lake/config-schema.ts';
import { isDay } from '../lake/day.ts';
import { listEntries, listNames } from '../lake/durable.ts';
import { parsePartFileName, rawManifestName } from '../lake/layout.ts';
import type { Log } from '../lake/log.ts';
import { isExchange } from './parts.ts';

const namesShown = 10;
/** Which folders belong below `raw/`, level by level. */
const levels: readonly ((name: string) => boolean)[] = [isExchange, isSymbol, isDay];

/** Paths below the root, ascending. */
export async function findStrays(root: string): Promise<string[]> {
  const strays: string[] = [];
  const look = async (path: string, level: number): Promise<void> => {
    const before = await listNames(path);
    const { folders, files } = await listEntries(path);
    // A part may be begun or sealed while one looks: a stray was there before and is there still.
    const still = new Set(await listNames(path));
    const isFolder = levels[level];
    const own = new Set(
      isFolder === undefined ? files.filter(isOwnFile) : folders.filter(isFolder),
    );
    for (const name of before.filter((one) => still.has(one))) {
      if (!own.has(name)) strays.push(relative(root, join(path, name)));
      else if (isFolder !== undefined) await look(join(path, name), level + 1);
    }
  };
  await look(join(root, 'raw'), 0);
  return strays;
}

/** One warning that names what is there, however much it is. */
export async function warnOfStrays(root: string, log: Log): Promise<void> {
  const strays = await findStrays(root);
  if (strays.length === 0) return;
  const more = strays.length > namesShown ? ` and ${strays.length - namesShown} more` : '';
  const hint = 'move it out of raw/; nothing of the lake reads, counts or deletes it';
  const names = strays.slice(0, namesShown).join(', ');
  log.warn(`read raw: ${strays.length} names are not of the lake: ${names}${more}`, { hint });
}

function isOwnFile(name: string): boolean {
  return name === rawManifestName || parsePartFileName(name) !== undefined;
}
