// Runs every benchmark and prints its figures beside their bounds. `node bench/main.ts [NAME...]` runs
// only those named.

import { formatRow, isWithinBound, type Row } from './row.ts';

const benches: Record<string, () => Promise<Row[]>> = {
  collector: async () => (await import('./collector.ts')).benchCollector(),
  transformer: async () => (await import('./transformer.ts')).benchTransformer(),
  catalog: async () => (await import('./catalog.ts')).benchCatalog(),
  stack: async () => (await import('./stack.ts')).benchStack(),
  web: async () => (await import('./web.ts')).benchWeb(),
  chart: async () => (await import('./first-chart.ts')).benchFirstChart(),
  upload: async () => (await import('./upload.ts')).benchUpload(),
  sizing: async () => (await import('./sizing.ts')).benchSizing(),
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(benches, name));
if (unknown.length > 0) {
  process.stderr.write(`bench: no ${unknown.join(', ')}; there are ${Object.keys(benches)}\n`);
  process.exit(2);
}
const rows: Row[] = [];
for (const [name, run] of Object.entries(benches)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  for (const row of await run()) {
    rows.push(row);
    process.stdout.write(`${formatRow(row)}\n`);
  }
}
process.exitCode = rows.every(isWithinBound) ? 0 : 1;
