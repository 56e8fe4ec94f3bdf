// Faults over HTTP, `POST /control/<fault>` with a JSON body, for an exchange that runs as a process
// of its own; and `GET /control/connections` and `limits`. No part of what a real exchange serves.

import { z } from 'zod';
import { formatReason } from '../../lake/errors.ts';
import type { Faults } from './faults.ts';
import { formatError, type HttpAnswer } from './http-answer.ts';

const endpoint = z.strictObject({ endpoint: z.int().optional() });
const target = z.strictObject({ ...endpoint.shape, connection: z.int().optional() });
const stream = z.strictObject({ stream: z.string(), connection: z.int().optional() });
const frames = z.strictObject({ ...stream.shape, count: z.int().positive().default(1) });
const shutdown = z.strictObject({ ...target.shape, notice_ms: z.int().min(0).default(1000) });
const seconds = z.strictObject({ seconds: z.number().positive() });
const failRest = z.strictObject({
  status: z.int().min(500).max(599).default(500),
  count: z.int().positive().default(1),
});

type Command = (faults: Faults, body: unknown) => void;

/** A command that reads its body by a schema. */
function command<T>(schema: z.ZodType<T>, run: (faults: Faults, body: T) => void): Command {
  return (faults, body) => run(faults, schema.parse(body));
}

const commands: Readonly<Record<string, Command>> = {
  drop: command(frames, (faults, body) => faults.drop(body.stream, body)),
  duplicate: command(frames, (faults, body) => faults.duplicate(body.stream, body)),
  reorder: command(frames, (faults, body) => faults.reorder(body.stream, body)),
  silence: command(stream, (faults, body) => faults.silence(body.stream, body)),
  lift: command(stream, (faults, body) => faults.lift(body.stream)),
  garbage: command(target, (faults, body) => faults.garbage(body)),
  'half-frame': command(target, (faults, body) => faults.halfFrame(body)),
  stall: command(target, (faults, body) => faults.stall(body)),
  resume: command(target, (faults, body) => faults.resume(body)),
  reset: command(target, (faults, body) => faults.reset(body)),
  shutdown: command(shutdown, (faults, body) => faults.shutdown(body.notice_ms, body)),
  ban: command(seconds, (faults, body) => faults.ban(body.seconds * 1000)),
  'refuse-connects': command(endpoint, (faults, body) => faults.refuseConnects(body.endpoint)),
  'accept-connects': command(endpoint, (faults, body) => faults.acceptConnects(body.endpoint)),
  'fail-rest': command(failRest, (faults, body) => faults.failRest(body.status, body.count)),
  'cut-network': command(endpoint, (faults, body) => faults.cutNetwork(body.endpoint)),
  'restore-network': command(endpoint, (faults, body) => faults.restoreNetwork(body.endpoint)),
  'pause-trading': command(seconds, (faults, body) => faults.pauseTrading(body.seconds * 1000)),
};

/** Carries out `/control/<name>`; the body is the text of the request. */
export function answerControl(
  method: string,
  path: string,
  body: string,
  faults: Faults,
  views: Readonly<Record<string, () => object>>,
): HttpAnswer {
  const name = path.slice('/control/'.length);
  if (method === 'GET' && Object.hasOwn(views, name)) {
    return { status: 200, headers: {}, body: JSON.stringify(views[name]?.()) };
  }
  const run = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (run === undefined || method !== 'POST') {
    return formatError(
      404,
      0,
      `no control "${name}"; POST one of ${Object.keys(commands).join(', ')}`,
    );
  }
  try {
    run(faults, body === '' ? {} : JSON.parse(body));
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return formatError(400, 0, formatReason(thrown));
    if (thrown instanceof z.ZodError) return formatError(400, 0, z.prettifyError(thrown));
    throw thrown;
  }
  return { status: 200, headers: {}, body: '{}' };
}
