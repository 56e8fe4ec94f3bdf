// A program for tests: what memory an upload takes. `node upload-measured.ts days|outage ROOT YAML` prints
// resident megabytes before the first file and at the most.

import { parseConfig } from '../lake/config.ts';
import { keepHeapSmall } from '../lake/heap.ts';
import { silentLog } from '../lake/log.ts';
import { openStores } from '../tools/store/stores.ts';
import { feedStores } from '../tools/upload/upload-raw.ts';
import { failing } from './failing-store.ts';
import { runUploadOf } from './upload-run.ts';

const [what, root = '', yaml = ''] = process.argv.slice(2);
const readMb = () => process.memoryUsage.rss() / 1e6;
let idleMb: number | undefined;
const note = () => {
  idleMb ??= readMb();
};

// As the modes do when they are started.
keepHeapSmall();
const failures = what === 'days' ? await sendDays() : await waitOutage();
const peakMb = (process.resourceUsage().maxRSS * 1024) / 1e6;
process.stdout.write(JSON.stringify({ idleMb, peakMb, failures }));

async function sendDays(): Promise<string[]> {
  return (await runUploadOf(root, { yaml, onStep: note })).failures;
}

/** A day in which the store answers nothing; parts are there from the start. */
async function waitOutage(): Promise<string[]> {
  const config = parseConfig(`root: ${root}\n${yaml}`, {});
  const store = failing((await openStores(config))[0]!);
  store.failure = 'unavailable';
  const stop = new AbortController();
  let nowMs = Date.parse('2026-03-01T12:00:00Z');
  const untilMs = nowMs + 24 * 3_600_000;
  note();
  await feedStores({
    config,
    clock: { nowUs: () => nowMs * 1000, monotonicMs: () => nowMs },
    log: silentLog,
    signal: stop.signal,
    stores: [store],
    async sleep(ms) {
      nowMs += ms;
      if (nowMs >= untilMs) stop.abort();
    },
  });
  return [];
}
