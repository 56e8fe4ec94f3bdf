// Our collector, as the mode `collect` runs it, until the parent says that everything was sent.
// Arguments: URL, messages, root of the lake.

import { once } from 'node:events';
import { openCollector } from '../../collector/collector.ts';
import { connectSocket } from '../../collector/socket.ts';
import { openSystemClock } from '../../lake/clock.ts';
import { parseConfig } from '../../lake/config.ts';
import { silentLog } from '../../lake/log.ts';
import { channels, symbols } from '../feed.ts';
import { startMeasuring } from './client.ts';

const [url, total, root] = [process.argv[2]!, Number(process.argv[3]), process.argv[4]!];
// Nothing answers REST: what is measured is the receive path.
const exchanges = {
  binance: { ws_url: url, rest_url: 'http://127.0.0.1:9', symbols, channels },
};
let end = (_messages: number) => {};
const collector = await openCollector({
  config: parseConfig(JSON.stringify({ root, exchanges }), {}),
  log: silentLog,
  clock: openSystemClock(),
  random: Math.random,
  connect(target, handshakeMs) {
    const socket = connectSocket(target, handshakeMs);
    socket.once('message', () => {
      end = startMeasuring();
    });
    return socket;
  },
});
await once(process, 'message');
await collector.stop();
end(total);
