// The raw line of an answer of the exchange's REST interface: the body as it came, under the name of
// where it came from in place of a connection. Only newlines become spaces: in JSON they stand between
// values alone, and a line cannot hold them. Decides only.

import { formatFramePrefix, frameSuffix } from '../lake/raw-line.ts';

const newline = 0x0a;
const space = 0x20;

export function formatAnswerLine(recvUs: number, conn: string, body: Buffer): Buffer {
  const prefix = Buffer.from(formatFramePrefix(recvUs, conn));
  const line = Buffer.concat([prefix, body, Buffer.from(frameSuffix)]);
  const end = prefix.length + body.length;
  for (let at = line.indexOf(newline); at >= 0 && at < end; at = line.indexOf(newline, at)) {
    line[at] = space;
  }
  return line;
}
