// The configuration as the processes beside the server get it: where the lake lies and what it records, without
// any address or secret, so that SQL of people runs where there is nothing to be found. Holds no effects.

import type { Config } from '../../lake/config.ts';

/** As `config.yml` has it; what is left out has its default. */
export function stripConfig(config: Config): object {
  const { root, collector, transformer, web } = config;
  const exchanges = Object.entries(config.exchanges).map(([name, { symbols, channels }]) => [
    name,
    { symbols, channels },
  ]);
  const { memory_limit, sql_memory_limit, sql_seconds, sql_rows, export_rows } = web;
  return {
    root,
    exchanges: Object.fromEntries(exchanges),
    collector,
    transformer,
    web: { memory_limit, sql_memory_limit, sql_seconds, sql_rows, export_rows },
  };
}
