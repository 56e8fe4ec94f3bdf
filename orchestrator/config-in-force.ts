// The configuration the lake runs by, kept in `state/orchestrate/config.yml` as it was read. Children are
// started with this copy: what somebody is writing into the file itself takes effect when it is read again,
// as a whole, or not at all. The environment wins over it in every process; its secrets are not in here.

import { writeFileDurably } from '../lake/durable.ts';
import { formatReason } from '../lake/errors.ts';
import { configInForcePath } from '../lake/layout.ts';
import type { Log } from '../lake/log.ts';
import type { ReloadHandler } from '../lake/reload.ts';

/** It may hold what the file itself holds, and is for nobody else. */
const ownerOnly = 0o600;

/**
 * Keeps the text, and gives the path to hand to children: that of the copy or, where it cannot be written,
 * the one that was `given`. A lake whose disk is full has to start all the same.
 */
export async function keepConfig(
  root: string,
  text: string,
  given: string | undefined,
  log: Log,
): Promise<string | undefined> {
  const path = configInForcePath(root);
  try {
    await writeFileDurably(path, text, ownerOnly);
    return path;
  } catch (thrown) {
    log.warn(`keep configuration ${path}: ${formatReason(thrown)}; services read it from the file`);
    return given;
  }
}

/** The handler, called once the new text is kept; where that fails the old one stays in force. */
export function keepThen(root: string, handler: ReloadHandler, log: Log): ReloadHandler {
  return async (config, text) => {
    const path = configInForcePath(root);
    try {
      await writeFileDurably(path, text, ownerOnly);
    } catch (thrown) {
      const reason = formatReason(thrown);
      log.error(`keep configuration ${path}: ${reason}; the one before stays in force`);
      return;
    }
    await handler(config, text);
  };
}
