// The report of a cascade for people, Markdown: why everything was stopped, how each service last ended
// and what it said, and how the machine was at that moment. Holds no effects.

import type { ServiceReport } from '../tools/health/service-report.ts';

export type Machine = {
  diskFreeBytes: number;
  diskBytes: number;
  memoryFreeBytes: number;
  memoryBytes: number;
  /** Load of the last minute. */
  load: number;
};

export type Cascade = {
  at: Date;
  why: string;
  services: readonly ServiceReport[];
  /** Undefined where it could not be found out. */
  machine: Machine | undefined;
};

export function formatCascade({ at, why, services, machine }: Cascade): string {
  return [
    `# Cascade of ${at.toISOString()}`,
    '',
    `${why}. Everything was stopped, after the collector had sealed its parts.`,
    '',
    '## Machine',
    '',
    ...(machine === undefined ? ['Unknown.'] : formatMachine(machine)),
    ...services.flatMap(formatService),
    '',
  ].join('\n');
}

function formatMachine(machine: Machine): string[] {
  const { diskFreeBytes, diskBytes, memoryFreeBytes, memoryBytes, load } = machine;
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(2)} GB`;
  return [
    `- disk: ${gigabytes(diskFreeBytes)} of ${gigabytes(diskBytes)} free`,
    `- memory: ${gigabytes(memoryFreeBytes)} of ${gigabytes(memoryBytes)} free`,
    `- load: ${load.toFixed(2)}`,
  ];
}

function formatService(service: ServiceReport): string[] {
  const { name, state, restarts, lastExit, lastErrors } = service;
  const ended =
    lastExit === null
      ? 'has not ended'
      : `${lastExit.what}, ${new Date(lastExit.atMs).toISOString()}`;
  return [
    '',
    `## ${name}`,
    '',
    `${state}; ${restarts} restarts; ${ended}.`,
    '',
    ...(lastErrors.length === 0 ? ['No errors.'] : ['```text', ...lastErrors, '```']),
  ];
}
