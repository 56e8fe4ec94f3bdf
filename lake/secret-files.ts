// Reads the credential files that the environment names, for what in them must never be shown. A file that
// cannot be read is no secret here: whoever needs it reports that.

import { readFileSync } from 'node:fs';
import { credentialFileVariables, type Environment, findFileSecrets } from './find-secrets.ts';

const maxChars = 1_000_000;

export function readFileSecrets(environment: Environment): string[] {
  return credentialFileVariables.flatMap((name) => {
    const named = environment[name];
    if (named === undefined || named === '') return [];
    // Some put the content where the name should be.
    const text = named.trimStart().startsWith('{') ? named : readIfPossible(named);
    return text === undefined ? [] : findFileSecrets(text);
  });
}

/** Undefined where there is none that can be read. */
function readIfPossible(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').slice(0, maxChars);
  } catch {
    return undefined;
  }
}
