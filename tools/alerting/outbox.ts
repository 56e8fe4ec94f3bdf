// Messages on their way, oldest first, bounded. One that is refused is passed over, so that it holds up no
// other; it is of no use any more once a later one of the same alert has arrived. Holds no effects.

import type { Message } from './alert.ts';

/** More than a receiver that is away for days makes; beyond, the oldest are dropped, and that is said. */
export const maxMessages = 500;

export type Addition = { outbox: Message[]; dropped: number };

export function addMessages(outbox: readonly Message[], added: readonly Message[]): Addition {
  const all = [...outbox, ...added];
  const dropped = Math.max(0, all.length - maxMessages);
  return { outbox: all.slice(dropped), dropped };
}

/** The next to send, in the order of their making, but for those in `passed`. */
export function findNext(
  outbox: readonly Message[],
  passed: ReadonlySet<string>,
): Message | undefined {
  return outbox.find(({ id }) => !passed.has(id));
}

/** Without the message that has arrived, and without the older ones of its alert: they would come late. */
export function removeSent(outbox: readonly Message[], id: string): Message[] {
  const sent = outbox.findIndex((message) => message.id === id);
  const alert = outbox[sent]?.alert;
  return outbox.filter((message, index) => index > sent || message.alert !== alert);
}
