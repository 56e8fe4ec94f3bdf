// What is wrong with the machine under the lake: its disk and its memory. Holds no effects.

import type { HealthInputs } from './health-inputs.ts';
import type { Finding } from './problem.ts';

const minFreePercent = 5;
/** Of what there is, where the configuration names no limit. */
const defaultMemoryShare = 0.9;

export function findMachineProblems(inputs: HealthInputs): Finding[] {
  return [...findDiskProblems(inputs), ...findMemoryProblems(inputs)];
}

function findDiskProblems({ diskFreePercent, diskAlertPercent }: HealthInputs): Finding[] {
  const usedPercent = 100 - diskFreePercent;
  const isNearlyFull = diskFreePercent < minFreePercent;
  if (!isNearlyFull && usedPercent <= diskAlertPercent) return [];
  return [
    {
      id: 'disk',
      condition: 'disk',
      subject: 'lake',
      severity: isNearlyFull ? 'unhealthy' : 'degraded',
      what: `the disk is ${usedPercent.toFixed(1)} % full`,
      action:
        'free space or enlarge the disk; what is proven is deleted early (--mode cleanup --dry-run ' +
        'says what); nothing can be recorded when it is full',
    },
  ];
}

function findMemoryProblems({ memory, thresholds }: HealthInputs): Finding[] {
  if (memory === undefined || memory.megabytes === null) return [];
  const { megabytes, availableMegabytes } = memory;
  const ownLimit = Math.floor(availableMegabytes * defaultMemoryShare);
  const limit = thresholds.memory_megabytes === 0 ? ownLimit : thresholds.memory_megabytes;
  if (megabytes <= limit) return [];
  return [
    {
      id: 'memory',
      condition: 'memory',
      subject: 'lake',
      severity: 'degraded',
      what: `the processes of the lake hold ${megabytes} MB, more than ${limit} MB`,
      action:
        'see services[].memory_mb in health/heartbeat.json for which; lower transformer.memory_limit, ' +
        'or give it more memory before the system kills a process',
    },
  ];
}
