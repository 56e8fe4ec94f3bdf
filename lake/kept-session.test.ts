import { expect, it } from 'vitest';
import type { DuckdbSession } from './duckdb.ts';
import { DatabaseLostError, keepSession } from './kept-session.ts';

type FakeSession = DuckdbSession & { number: number; isClosed: boolean };

/** Sessions by number; those named are lost by what is asked of them. */
function openSessions(lost: readonly number[]) {
  const sessions: FakeSession[] = [];
  const open = async () => {
    const number = sessions.length + 1;
    const session = {
      number,
      isClosed: false,
      isLost: async () => lost.includes(number),
      close() {
        session.isClosed = true;
      },
    } as FakeSession;
    sessions.push(session);
    return session;
  };
  const ask = async ({ number }: FakeSession) => {
    if (lost.includes(number)) throw new Error(`asked of ${number}`);
    return number;
  };
  return { sessions, open, ask };
}

it('does once more what a fatal error has ended, with another session', async () => {
  const { sessions, open, ask } = openSessions([1]);
  const kept = await keepSession(open);
  expect(await kept.use(ask)).toBe(2);
  expect(kept.session.number).toBe(2);
  expect(sessions.map(({ isClosed }) => isClosed)).toEqual([true, false]);
  expect(await kept.use(ask)).toBe(2);
  kept.close();
  expect(sessions.map(({ isClosed }) => isClosed)).toEqual([true, true]);
});

it('tells of what ends every database, and never uses one of them again', async () => {
  const { sessions, open, ask } = openSessions([1, 2]);
  const kept = await keepSession(open);
  const failure = await kept.use(ask).catch((thrown) => thrown);
  expect(failure).toBeInstanceOf(DatabaseLostError);
  expect(failure.message).toMatch(/DuckDB met a fatal error: asked of 2\n.*opened anew/);
  expect(sessions.map(({ isClosed }) => isClosed)).toEqual([true, true, false]);
  expect(await kept.use(ask)).toBe(3);
});

it('fails as it is where the database stands, and does nothing twice', async () => {
  const { sessions, open } = openSessions([]);
  const kept = await keepSession(open);
  const thrown = new Error('no such column');
  let asked = 0;
  const work = () => {
    asked += 1;
    throw thrown;
  };
  await expect(kept.use(async () => work())).rejects.toBe(thrown);
  expect([asked, sessions.length]).toEqual([1, 1]);
});

it('opens one session for all that were asking a lost one', async () => {
  const { sessions, open, ask } = openSessions([1]);
  const kept = await keepSession(open);
  expect(await Promise.all([kept.use(ask), kept.use(ask), kept.use(ask)])).toEqual([2, 2, 2]);
  expect(sessions).toHaveLength(2);
});

it('opens another the next time where none could be opened', async () => {
  const { open, ask } = openSessions([1]);
  let isFull = false;
  const kept = await keepSession(() => (isFull ? Promise.reject(new Error('full')) : open()));
  isFull = true;
  await expect(kept.use(ask)).rejects.toThrow('full');
  isFull = false;
  expect(await kept.use(ask)).toBe(2);
});
