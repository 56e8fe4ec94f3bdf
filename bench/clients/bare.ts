// The least a client can do: `ws`, and a count. Arguments: URL, messages.

import { WebSocket } from 'ws';
import { channels, symbols } from '../feed.ts';
import { startMeasuring } from './client.ts';

const [url, total] = [process.argv[2]!, Number(process.argv[3])];
const socket = new WebSocket(`${url}/stream`, {
  perMessageDeflate: false,
  skipUTF8Validation: true,
});
let count = -1;
let end = (_messages: number) => {};
socket.on('open', () => {
  const params = symbols.flatMap((symbol) =>
    channels.map((channel) => `${symbol.toLowerCase()}@${channel}`),
  );
  socket.send(JSON.stringify({ method: 'SUBSCRIBE', params, id: 1 }));
});
socket.on('message', () => {
  if (count < 0) end = startMeasuring();
  if (++count === total) end(count);
});
