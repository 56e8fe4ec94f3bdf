import { describe, expect, it } from 'vitest';
import type { CollectStatus } from '../../lake/status.ts';
import { findTrouble } from './listening.ts';

const askedUs = Date.parse('2026-11-21T10:00:00Z') * 1000;

function status(over: Partial<CollectStatus>): CollectStatus {
  return {
    updated_at: '2026-11-21T10:00:01.000Z',
    pid: 1,
    listening: true,
    connections: [{ conn: 'c1', exchange: 'x', state: 'live', streams: 2, reconnects: 0 }],
    symbols: [],
    clock_offset_ms: null,
    problems: [],
    ...over,
  };
}

describe('findTrouble', () => {
  it('finds none where every stream is subscribed', () => {
    expect(findTrouble(status({}), askedUs)).toBeUndefined();
  });

  it('does not take the word of a collector that said it before it was asked', () => {
    const old = status({ updated_at: '2026-11-21T09:59:59.999Z' });
    expect(findTrouble(old, askedUs)).toBe('it has not said anything since');
  });

  it('names the connections where one is not up, and a status that does not say', () => {
    expect(findTrouble(status({ listening: false }), askedUs)).toContain('c1 is live');
    const { listening: _, ...silent } = status({ connections: [] });
    expect(findTrouble(silent, askedUs)).toContain('no connection yet');
    expect(findTrouble(undefined, askedUs)).toBe('no collector is running');
  });
});
