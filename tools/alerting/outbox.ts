// Messages on their way, oldest first, bounded. What is refused goes to the end, so that one message the
// receiver does not take holds up no other. Holds no effects.

import type { Message } from './alert.ts';

/** More than a receiver that is away for days makes; beyond, the oldest are dropped, and that is said. */
export const maxMessages = 500;

export type Addition = { outbox: Message[]; dropped: number };

export function addMessages(outbox: readonly Message[], added: readonly Message[]): Addition {
  const all = [...outbox, ...added];
  const dropped = Math.max(0, all.length - maxMessages);
  return { outbox: all.slice(dropped), dropped };
}

export function removeMessage(outbox: readonly Message[], id: string): Message[] {
  return outbox.filter((message) => message.id !== id);
}

export function putLast(outbox: readonly Message[], id: string): Message[] {
  const moved = outbox.filter((message) => message.id === id);
  return [...removeMessage(outbox, id), ...moved];
}
