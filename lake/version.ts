// The version of the program, as `--version`, metrics and alerts say it.

import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';

export function readVersion(): string {
  const path = findPackageJSON(import.meta.url)!;
  return JSON.parse(readFileSync(path, 'utf8')).version;
}
