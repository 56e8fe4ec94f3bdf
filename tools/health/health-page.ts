// The heartbeat as a page for people, `health.md`. Says what the heartbeat says, in Markdown.

import type { Heartbeat } from './heartbeat.ts';

export function formatHealthPage(heartbeat: Heartbeat): string {
  const { services, collector, transformer, problems } = heartbeat;
  return [
    `# Crypto Lake: ${heartbeat.status}`,
    '',
    `As of ${heartbeat.timestamp}.`,
    '',
    '## Problems',
    '',
    ...(problems.length === 0 ? ['None.'] : problems.flatMap(formatProblem)),
    '',
    '## Services',
    '',
    ...formatTable(
      ['service', 'state', 'restarts', 'last progress'],
      services.map((service) => [
        service.name,
        service.state,
        String(service.restarts),
        service.last_progress ?? '-',
      ]),
    ),
    '',
    '## Storage',
    '',
    `- ${heartbeat.raw_files} sealed raw parts`,
    `- ${heartbeat.parquet_rows} rows of 1-second bars`,
    `- ${heartbeat.disk_usage_gb.toFixed(3)} GB used by the lake, ${heartbeat.disk_free_percent} % of the disk free${formatFull(heartbeat)}`,
    '',
    '## Transformer',
    '',
    `- last run: ${formatRun(transformer.last_run)}`,
    `- last success: ${formatSeconds(transformer.lag_seconds)}`,
    '',
    '## Collector',
    '',
    ...(collector === null ? ['No report yet.'] : formatCollector(collector)),
    '',
  ].join('\n');
}

function formatProblem({ what, since, action, severity }: Heartbeat['problems'][number]): string[] {
  return [`- **${severity}**: ${what}`, `  - since ${since}`, `  - to do: ${action}`];
}

function formatRun(run: Heartbeat['transformer']['last_run']): string {
  if (run === null) return 'none yet';
  const how = run.ok ? `${run.parts} parts, ${run.messages} messages` : `failed: ${run.error}`;
  return `${run.finished_at}, ${how}`;
}

function formatCollector(collector: NonNullable<Heartbeat['collector']>): string[] {
  const offset = collector.clock_offset_ms;
  return [
    `Clock of the exchange ahead of ours: ${formatMs(offset)}${offset === null ? '' : ' ms'}.`,
    '',
    ...formatTable(
      ['connection', 'exchange', 'state', 'streams', 'reconnects', 'first / late / missing'],
      collector.connections.map(({ conn, exchange, state, streams, reconnects, trades }) => [
        conn,
        exchange,
        state,
        String(streams),
        String(reconnects),
        trades === undefined ? '-' : `${trades.first} / ${trades.late} / ${trades.missing}`,
      ]),
    ),
    '',
    ...formatTable(
      [
        'symbol',
        'last trade',
        'messages/s',
        'latency p50 ms',
        'p95 ms',
        'max ms',
        'gaps',
        'filled',
      ],
      collector.symbols.map((symbol) => [
        `${symbol.exchange}/${symbol.symbol}`,
        formatSeconds(symbol.last_trade_age),
        symbol.messages_per_second.toFixed(1),
        formatMs(symbol.latency_p50_ms),
        formatMs(symbol.latency_p95_ms),
        formatMs(symbol.latency_max_ms),
        String(symbol.gaps_open ?? '-'),
        String(symbol.trades_filled ?? '-'),
      ]),
    ),
  ];
}

function formatSeconds(seconds: number | null): string {
  return seconds === null ? '-' : `${seconds.toFixed(seconds < 10 ? 1 : 0)} s ago`;
}

function formatMs(ms: number | null): string {
  return ms === null ? '-' : ms.toFixed(1);
}

function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)];
}

function formatFull({ disk_full_in_days: days }: Heartbeat): string {
  return days === null ? '' : `, full in ${days} days if they are like the last ones`;
}
