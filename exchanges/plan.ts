// From configuration to what is collected: every venue named, where it is reached, and the streams to
// subscribe there. A venue or channel that does not exist is a configuration error, found before
// anything connects.

import type { Config } from '../lake/config.ts';
import { splitUrls } from '../lake/config-schema.ts';
import { ConfigError } from '../lake/errors.ts';
import type { Exchange, Stream } from './exchange.ts';
import { findExchange, listExchangeNames } from './exchanges.ts';

/** What is collected from one venue. Streams of one symbol stand next to each other. */
export type VenuePlan = {
  exchange: Exchange;
  /** Endpoints that serve the same streams, the preferred one first. */
  wsUrls: readonly string[];
  restUrl: string;
  archiveUrl: string;
  streams: Stream[];
};

/** The plan for every configured venue. Throws ConfigError with every unknown venue and channel. */
export function planStreams(config: Pick<Config, 'exchanges'>): VenuePlan[] {
  const problems: string[] = [];
  const plans: VenuePlan[] = [];
  for (const [name, venue] of Object.entries(config.exchanges)) {
    const exchange = findExchange(name);
    if (exchange === undefined) {
      problems.push(
        `exchanges.${name}: no such exchange; there are ${listExchangeNames().join(', ')}`,
      );
      continue;
    }
    const known = exchange.channels;
    for (const channel of venue.channels.filter((wanted) => !known.includes(wanted))) {
      const hint = `${name} has ${known.join(', ')}`;
      problems.push(`exchanges.${name}.channels: no channel "${channel}"; ${hint}`);
    }
    const channels = [...new Set(venue.channels)];
    const streams = venue.symbols.flatMap((symbol) =>
      channels.map((channel) => exchange.findStream(symbol, channel)),
    );
    plans.push({
      exchange,
      wsUrls: venue.ws_url === undefined ? exchange.wsUrls : splitUrls(venue.ws_url),
      restUrl: venue.rest_url ?? exchange.restUrl,
      archiveUrl: venue.archive_url ?? exchange.archive.url,
      streams,
    });
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return plans;
}
