// The version of the program, as `--version`, metrics and alerts say it.

import { readFileSync } from 'node:fs';

export function readVersion(): string {
  const path = new URL('../package.json', import.meta.url);
  return JSON.parse(readFileSync(path, 'utf8')).version;
}
