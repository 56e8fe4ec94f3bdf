// The lake's catalog as a process reads it: one session, opened anew when the catalog was replaced.

import { stat } from 'node:fs/promises';
import type { Config } from '../../../lake/config.ts';
import { type KeptSession, keepSession } from '../../../lake/kept-session.ts';
import { catalogPath } from '../../../lake/layout.ts';
import { type LakeSession, openLakeSession } from '../../query/lake-session.ts';
import { openSessionReader, type SessionReader } from './session-reader.ts';

export type LakeReader = SessionReader<LakeSession>;

export type ReaderLimits = { memoryLimit: string; threads: number; outPath?: string };

export function openLakeReader(
  config: Pick<Config, 'root' | 'transformer'>,
  limits: ReaderLimits,
): LakeReader {
  let open: { sessions: KeptSession<LakeSession>; version: string } | undefined;

  async function renew(): Promise<KeptSession<LakeSession>> {
    const version = await readVersion(config.root);
    if (open !== undefined && open.version === version) return open.sessions;
    open?.sessions.close();
    open = undefined;
    const sessions = await keepSession(() => openLakeSession(config, limits));
    open = { sessions, version: await readVersion(config.root) };
    return sessions;
  }

  return openSessionReader(config.root, renew, () => open?.sessions.close());
}

/** Changes when the catalog is replaced; empty where there is none. */
async function readVersion(root: string): Promise<string> {
  const found = await stat(catalogPath(root), { bigint: true }).catch(() => undefined);
  return found === undefined ? '' : `${found.ino} ${found.mtimeNs}`;
}
