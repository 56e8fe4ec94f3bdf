// Reading the configuration again while a mode runs. Requests are served one after the other, those
// that come meanwhile by one more; a configuration that is wrong is refused with all its problems, and
// the old one stays. Never ends the process.

import type { Config } from './config.ts';
import type { LoadedConfig } from './config-file.ts';
import { ConfigError } from './errors.ts';
import type { Log } from './log.ts';

/** Applies a new configuration, read from `text`. May throw ConfigError where it finds it wrong, before changing anything. */
export type ReloadHandler = (config: Config, text: string) => void | Promise<void>;

/** Takes the problems of a configuration that was refused. */
export type RefusalHandler = (problems: readonly string[]) => void;

/** What a parent sends to have its child reload. Unlike SIGHUP it waits until the child listens. */
export const reloadMessage = { reload: true } as const;

export function isReloadMessage(message: unknown): boolean {
  return (message as Partial<typeof reloadMessage> | null)?.reload === true;
}

export type Reload = {
  /**
   * Calls `handler` with every new configuration that is valid, from now on, and at once where one has
   * been read already; and `onRefused` with the problems of every one that is not.
   */
  onReload(handler: ReloadHandler, onRefused?: RefusalHandler): void;
  /** Reads the configuration again. */
  request(): Promise<void>;
};

export function openReload(load: () => Promise<LoadedConfig>, log: Log): Reload {
  const handlers: ReloadHandler[] = [];
  const refusalHandlers: RefusalHandler[] = [];
  let latest: LoadedConfig | undefined;
  let isWanted = false;
  let serving: Promise<void> | undefined;

  async function serve(): Promise<void> {
    while (isWanted) {
      isWanted = false;
      await refuseWrong(async () => {
        const { config, text } = await load();
        for (const handler of handlers) await handler(config, text);
        latest = { config, text };
        log.info(handlers.length > 0 ? 'configuration read again' : 'nothing here is reloaded');
      });
    }
    serving = undefined;
  }

  async function refuseWrong(apply: () => Promise<void>): Promise<void> {
    try {
      await apply();
    } catch (thrown) {
      if (!(thrown instanceof ConfigError)) throw thrown;
      log.error(`${thrown.message}\n  the configuration as it was stays in force`);
      for (const tell of refusalHandlers) tell(thrown.problems);
    }
  }

  return {
    onReload(handler, onRefused) {
      handlers.push(handler);
      if (onRefused !== undefined) refusalHandlers.push(onRefused);
      const known = latest;
      if (known !== undefined) void refuseWrong(async () => handler(known.config, known.text));
    },
    request() {
      isWanted = true;
      serving ??= serve();
      return serving;
    },
  };
}
