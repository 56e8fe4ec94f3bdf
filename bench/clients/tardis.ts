// tardis-dev's `stream()` on the same feed. It takes its address from the environment:
// WSS_URL_BINANCE. Arguments: URL, messages.

import { symbols } from '../feed.ts';
import { startMeasuring } from './client.ts';

type Tardis = { stream(options: object): AsyncIterable<unknown> };

const [url, total] = [process.argv[2]!, Number(process.argv[3])];
process.env.WSS_URL_BINANCE = `${url}/stream?timeUnit=microsecond`;
// Installed by `npm --prefix bench ci`, absent otherwise: not a module the type checker can find.
const name: string = 'tardis-dev';
const { stream }: Tardis = await import(name);
const names = symbols.map((symbol) => symbol.toLowerCase());
const filters = ['trade', 'bookTicker'].map((channel) => ({ channel, symbols: names }));
let count = -filters.length;
let end = (_messages: number) => {};
for await (const _message of stream({ exchange: 'binance', filters })) {
  // One acknowledgement per filter comes first.
  if (count === -filters.length) end = startMeasuring();
  if (++count === total) break;
}
end(count);
