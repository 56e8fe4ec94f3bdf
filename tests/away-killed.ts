// A program for tests: sends days away, brings them back or cleans up, and kills itself just before one of its
// changes of the disk. `node away-killed.ts ROOT STORE WORK [CHANGE]`; where no change is named it prints the
// names of all of them, as JSON: what was called, of which file.

import { createRequire, syncBuiltinESMExports } from 'node:module';
import { basename } from 'node:path';
import { openStoredContext, readSpaceOf } from './stored-context.ts';

type Call = (...args: unknown[]) => unknown;
type Calls = Record<string, Call>;

const [root = '', store = '', work = '', change] = process.argv.slice(2);
const changes: string[] = [];

/** A change has the number of times it was made before in its name. */
function take(call: string, path: unknown): void {
  const name = path === root ? 'root' : basename(String(path));
  const plain = `${call} ${name.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<=lake\.)\d+/, 'new')}`;
  const before = changes.filter((name) => name.startsWith(`${plain} #`)).length;
  changes.push(`${plain} #${before + 1}`);
  if (changes.at(-1) !== change) return;
  process.kill(process.pid, 'SIGKILL');
  for (;;);
}

function watch(calls: Calls, names: readonly string[], path?: unknown): void {
  for (const name of names) {
    const call = calls[name]!.bind(calls);
    calls[name] = (...args) => {
      take(name, path ?? args[0]);
      return call(...args);
    };
  }
}

const disk = createRequire(import.meta.url)('node:fs') as Calls & { promises: Calls };
watch(disk, ['createWriteStream']);
watch(disk.promises, ['mkdir', 'rename', 'rm', 'unlink', 'link', 'rmdir', 'copyFile', 'writeFile']);
const open = disk.promises.open!.bind(disk.promises);
disk.promises.open = async (...args) => {
  const file = (await open(...args)) as Calls;
  watch(file, ['appendFile', 'writeFile', 'sync'], args[0]);
  return file;
};
syncBuiltinESMExports();

const { openStores } = await import('../tools/store/stores.ts');
const { releaseUploaded } = await import('../tools/upload/release.ts');
const { runRestore } = await import('../tools/restore/restore.ts');
const { cleanUp } = await import('../tools/cleanup/cleanup.ts');

const context = openStoredContext(
  { root, store, yaml: '' },
  { from: '2026-03-01', to: '2026-03-03', raw: true },
);
const works: Record<string, () => Promise<unknown>> = {
  release: async () =>
    releaseUploaded(context, await openStores(context.config), {}, { dryRun: false }),
  restore: () => runRestore(context),
  clean: async () =>
    cleanUp({ ...context, options: {} }, readSpaceOf(900e9), await openStores(context.config)),
};
// What the modes print would mix with the names.
const print = process.stdout.write.bind(process.stdout);
process.stdout.write = () => true;
await works[work]!();
if (change === undefined) print(JSON.stringify(changes));
