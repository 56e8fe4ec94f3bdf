// The dashboard as people use it: a real browser on a real server, over a lake with history, a gap, a filled minute and
// live data. What is claimed of each page stands in a file of its own; here they share a lake and a browser.

import { describe, expect, it } from 'vitest';
import { claimChart } from './chart.ts';
import { claimChartControls } from './chart-controls.ts';
import { useDashboard } from './dashboard.ts';
import { claimHealth } from './health.ts';
import { claimLogin } from './login.ts';
import { claimSql } from './sql.ts';

describe.runIf(process.env.LAKE_TEST_BROWSER !== undefined)('the dashboard', () => {
  const dashboard = useDashboard();
  describe('chart', () => claimChart(dashboard));
  describe('chart, its controls', () => claimChartControls(dashboard));
  describe('health', () => claimHealth(dashboard));
  describe('SQL', () => claimSql(dashboard));
  describe('login', () => claimLogin(dashboard));

  it('has no control that was not used above, with its effect seen', () => {
    const { there, used } = dashboard.controls;
    expect(there.size).toBeGreaterThan(60);
    expect([...there].filter((name) => !used.has(name)).sort()).toEqual([]);
  });
});
