import { describe, expect, it } from 'vitest';
import { ArchiveAudit, listDefects } from './archive-audit.ts';

function audit(...rows: (number | [number, string])[]) {
  const judge = new ArchiveAudit();
  const kept = rows.map((row) => {
    const [id, json] = typeof row === 'number' ? [row, `{"id":${row}}`] : row;
    return judge.take({ mark: { id, timeUs: 0 }, json });
  });
  return { kept, verdict: judge.judge() };
}

describe('ArchiveAudit', () => {
  it('keeps a whole file and finds nothing wrong', () => {
    const { kept, verdict } = audit(7, 8, 9);
    expect(kept).toEqual([true, true, true]);
    expect(verdict).toMatchObject({ rows: 3, ids: [7, 9], missingIds: 0 });
    expect(listDefects(verdict)).toEqual([]);
  });

  it('drops a row that says the same twice, and keeps one that says something else', () => {
    const { kept, verdict } = audit(7, 7, [7, 'other'], 8);
    expect(kept).toEqual([true, false, true, true]);
    expect(listDefects(verdict)).toEqual(['2 rows doubled', '1 of them contradict the row before']);
  });

  it('names ids that no row has, across the blocks it counts in', () => {
    const { verdict } = audit(65_534, 65_537, 300_000, 300_001);
    expect(verdict.missing).toEqual([
      [65_535, 65_536],
      [65_538, 299_999],
    ]);
    expect(listDefects(verdict)).toEqual(['234464 ids missing (65535-65536, 65538-299999)']);
  });

  it('tells rows out of order from doubled ones', () => {
    const { kept, verdict } = audit(7, 9, 8, 7);
    expect(kept).toEqual([true, true, true, true]);
    expect(verdict).toMatchObject({ misplaced: 1, doubled: 1, missingIds: 0 });
  });
});
