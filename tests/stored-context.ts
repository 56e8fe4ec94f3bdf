// The context of a mode over a lake with a store, at a clock of the test.

import { parseConfig } from '../lake/config.ts';
import { startOfDayUs } from '../lake/day.ts';
import { silentLog } from '../lake/log.ts';
import type { ModeContext, ModeOptions } from '../lake/mode.ts';

export const today = '2026-03-20';

/** `store`: the folder of the store, where it is one. */
export type StoredPlace = { root: string; store?: string; yaml: string };

/** What it warns of, and its errors, are added to `said`. */
export function openStoredContext(
  { root, store, yaml }: StoredPlace,
  options: ModeOptions = {},
  said: string[] = [],
): ModeContext {
  const folder = store === undefined ? '' : `folder: { path: ${store}, delete_after_upload: true }`;
  return {
    config: parseConfig(`${yaml}\nroot: ${root}\n${folder}`, {}),
    options,
    configText: '',
    positionals: [],
    onReload() {},
    log: {
      ...silentLog,
      warn: (message) => void said.push(message),
      error: (message) => void said.push(message),
      relay() {},
      close: async () => {},
    },
    clock: { nowUs: () => startOfDayUs(today) + 1, monotonicMs: () => 0 },
    signal: new AbortController().signal,
  };
}

/** A disk with so many bytes free of 1000 GB. */
export const readSpaceOf = (freeBytes: number) => async () => ({ freeBytes, bytes: 1000e9 });
