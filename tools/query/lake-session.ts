// A session on the lake's catalog for whoever asks: read-only, and confined. It sees the data of the lake, never
// the rest of the machine, and its options cannot be changed. What whoever asks wrote is run through `prepareReads`
// (`reads.ts`) alone; streamed rows are read by `readChunks` (`lake/duckdb.ts`), which sees where they break off.

import { constants, existsSync } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import type { Config } from '../../lake/config.ts';
import { readDiskSpace } from '../../lake/disk-space.ts';
import { type DuckdbSession, openDuckdb, readSql } from '../../lake/duckdb.ts';
import { isSystemError, OperationalError } from '../../lake/errors.ts';
import { catalogPath, datasetDir, liveDir } from '../../lake/layout.ts';
import { writeCatalog } from '../../transformer/catalog.ts';

export type LakeSession = DuckdbSession & {
  /** Functions that may do more than read, as a plan names them; `reads.ts` refuses them. */
  acting: ReadonlySet<string>;
};

const actingFunctionsSql = readSql(join(import.meta.dirname, 'acting-functions.sql'));

/** What a session may use; the lake's own limits where nothing is said. */
export type LakeSessionLimits = {
  memoryLimit?: string | undefined;
  threads?: number | undefined;
  /** The one file that may be written. */
  outPath?: string | undefined;
  /** What may be spilled to the disk at a time. */
  maxSpillBytes?: number | undefined;
};

/** The collector needs the rest. */
const spill = { maxBytes: 4e9, freeShare: 0.25 } as const;

/**
 * Opens the catalog, made again where it is missing, cannot be read, is of another version or of a lake at another
 * path. Throws OperationalError without a lake, and where one that may only be read needs a new catalog.
 */
export async function openLakeSession(
  config: Pick<Config, 'root' | 'transformer'>,
  limits: LakeSessionLimits = {},
): Promise<LakeSession> {
  const { root, transformer } = config;
  if (!existsSync(root)) {
    throw new OperationalError(`open lake ${root}: there is no such folder`, {
      hint: 'name the lake with --root DIR, or set root in config.yml',
    });
  }
  const spillDir = await findSpillDir(root);
  const options = {
    path: catalogPath(root),
    memoryLimit: limits.memoryLimit ?? transformer.memory_limit,
    threads: limits.threads ?? transformer.threads,
    spillDir,
    maxSpillBytes: limits.maxSpillBytes ?? (await planSpill(spillDir)),
    readOnly: true,
  };
  await writeCatalog(config);
  const session = await openDuckdb(options);
  const acting = new Set((await session.all(actingFunctionsSql)).map(({ name }) => String(name)));
  await confine(session, root, limits.outPath);
  return { ...session, acting };
}

/** In the lake, or in the machine's folder for temporary files where the lake may only be read. */
async function findSpillDir(root: string): Promise<string> {
  const own = join(root, 'state', 'spill');
  try {
    await mkdir(own, { recursive: true });
    await access(own, constants.W_OK);
    return own;
  } catch (thrown) {
    if (!isSystemError(thrown)) throw thrown;
    const other = join(tmpdir(), `crypto-lake-spill-${userInfo().uid}`);
    await mkdir(other, { recursive: true, mode: 0o700 });
    return other;
  }
}

async function planSpill(spillDir: string): Promise<number> {
  const { freeBytes } = await readDiskSpace(spillDir);
  return Math.floor(Math.min(spill.maxBytes, freeBytes * spill.freeShare));
}

/** After this nothing but the folders of data can be read, no extension loaded, no option changed. */
async function confine(
  session: DuckdbSession,
  root: string,
  outPath: string | undefined,
): Promise<void> {
  const folders = [
    join(root, 'raw'),
    ...(['bars_1s', 'trades', 'reconcile'] as const).map((dataset) => datasetDir(root, dataset)),
    liveDir(root),
  ];
  await session.setOption(
    'allowed_directories',
    listLiterals(folders.map((one) => `${resolve(one)}/`)),
  );
  if (outPath !== undefined) await session.setOption('allowed_paths', listLiterals([outPath]));
  // Plans as they are before anything is optimised away: `reads.ts` judges by them, on any connection.
  await session.setOption('GLOBAL explain_output', `'all'`);
  await session.setOption('enable_progress_bar', 'true');
  await session.setOption('enable_progress_bar_print', 'false');
  await session.setOption('enable_external_access', 'false');
  await session.setOption('lock_configuration', 'true');
}

function listLiterals(paths: readonly string[]): string {
  return `[${paths.map((path) => `'${path.replaceAll("'", "''")}'`).join(', ')}]`;
}
