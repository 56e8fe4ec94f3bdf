// The page for people at `/`: the heartbeat as plain HTML, without a script. Everything that comes from
// the lake is escaped. Holds no effects.

import type { Heartbeat } from '../health/heartbeat.ts';
import type { Verdict } from '../health/verdict.ts';
import { paths } from './answers.ts';
import { pageStyle } from './page-style.ts';

const refreshSeconds = 30;

/** `heartbeat` undefined: there is none that can be read. */
export function formatPage(heartbeat: Heartbeat | undefined, verdict: Verdict): string {
  const status = !verdict.isGood ? 'unhealthy' : (heartbeat?.status ?? 'unhealthy');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="${refreshSeconds}">
<title>Crypto Lake: ${status}</title>
<style>${pageStyle.css}</style>
</head>
<body>
<h1>Crypto Lake: <span class="${status}">${status}</span></h1>
<p>${escapeHtml(verdict.text)}</p>
${heartbeat === undefined ? '' : formatHeartbeat(heartbeat)}
<p><a href="${paths.health}">health as JSON</a>, <a href="${paths.metrics}">metrics for Prometheus</a></p>
</body>
</html>
`;
}

function formatHeartbeat(heartbeat: Heartbeat): string {
  const { problems, services, collector } = heartbeat;
  return [
    `<p>As of ${escapeHtml(heartbeat.timestamp)}.</p>`,
    '<h2>Problems</h2>',
    problems.length === 0 ? '<p>None.</p>' : `<ul>${problems.map(formatProblem).join('')}</ul>`,
    '<h2>Storage</h2>',
    formatTable(
      ['raw parts', 'rows of bars', 'GB of the lake', '% of the disk free'],
      [
        [
          heartbeat.raw_files,
          heartbeat.parquet_rows,
          heartbeat.disk_usage_gb.toFixed(3),
          heartbeat.disk_free_percent,
        ],
      ],
    ),
    '<h2>Services</h2>',
    formatTable(
      ['service', 'state', 'restarts', 'last progress'],
      services.map((one) => [one.name, one.state, one.restarts, one.last_progress ?? '-']),
    ),
    '<h2>Symbols</h2>',
    formatTable(
      ['symbol', 'last trade, s', 'messages/s', 'latency p50, ms', 'p95, ms'],
      (collector?.symbols ?? []).map((one) => [
        `${one.exchange}/${one.symbol}`,
        one.last_trade_age ?? '-',
        one.messages_per_second,
        one.latency_p50_ms ?? '-',
        one.latency_p95_ms ?? '-',
      ]),
    ),
  ].join('\n');
}

function formatProblem({ severity, what, since, action }: Heartbeat['problems'][number]): string {
  const said = `${escapeHtml(what)}, since ${escapeHtml(since)}; ${escapeHtml(action)}`;
  return `<li><strong class="${severity}">${severity}</strong>: ${said}</li>`;
}

function formatTable(
  header: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const cells = rows.map((row) => `<tr>${row.map(formatCell).join('')}</tr>`);
  const names = header.map((name) => `<th>${escapeHtml(name)}</th>`).join('');
  return `<table><tr>${names}</tr>${cells.join('\n')}</table>`;
}

function formatCell(value: string | number): string {
  const kind = typeof value === 'number' ? ' class="figure"' : '';
  return `<td${kind}>${escapeHtml(String(value))}</td>`;
}

function escapeHtml(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
  };
  return text.replace(/[&<>"]/g, (found) => entities[found]!);
}
