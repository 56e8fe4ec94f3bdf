// What a chart is begun with.

import { describe, expect, it } from 'vitest';
import { parseChartView } from './assets/chart-view.js';
import { chooseSubject } from './assets/view-plan.js';

describe('what is shown first', () => {
  const symbols = ['A', 'B'].map((symbol) => ({ exchange: 'x', symbol }));
  const choose = (search: string, kept = {}) => {
    const chosen = chooseSubject(parseChartView(search), kept, symbols);
    return chosen && `${chosen.info.symbol} ${chosen.interval}`;
  };

  it('is what the URL says, else what was seen last, else the first symbol there is', () => {
    const kept = { symbol: 'B', interval: '1h' };
    expect(choose('?symbol=A&interval=1s', kept)).toBe('A 1s');
    expect([choose('', kept), choose('?symbol=A', kept)]).toEqual(['B 1h', 'A 1h']);
    expect([choose('', { symbol: 'gone', interval: '7m' }), choose('')]).toEqual(['A 1m', 'A 1m']);
    expect([choose('?symbol=C', kept), choose('?symbol=A&exchange=y')]).toEqual([
      undefined,
      undefined,
    ]);
  });
});
