// `GET /metrics`: the lake in Prometheus' text format.

import { openMetrics } from '../metrics/metrics.ts';
import { paths } from './answers.ts';
import type { WebApp, WebContext } from './app.ts';

export function addMetricsRoute(app: WebApp, { config, clock, log }: WebContext): void {
  const metrics = openMetrics(config, clock, log);
  app.get(paths.metrics, async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.read()),
  );
}
