// The lake the notebooks are run on: that of the cookbook, eight hours of three symbols in which connections were lost
// twice, all of it transformed. `node notebooks/make-lake.ts ROOT`, into a folder that is not there yet.

import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatPartStem, rawDayDir } from '../lake/layout.ts';
import { collectCookbook } from '../tests/cookbook-lake.ts';

const root = process.argv[2];
if (root === undefined) throw new Error('make lake: name its folder');
mkdirSync(root);
for (const { symbol, parts } of collectCookbook()) {
  for (const { day, number, lines } of parts) {
    const folder = rawDayDir(root, { exchange: 'binance', symbol }, day);
    mkdirSync(folder, { recursive: true });
    const text = lines.map((line) => `${line}\n`).join('');
    writeFileSync(join(folder, `${formatPartStem(number)}.jsonl`), text);
  }
}
const program = join(import.meta.dirname, '..', 'main.ts');
execFileSync(process.execPath, [program, '--mode', 'transform', '--root', root]);
