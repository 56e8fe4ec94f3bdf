// The mode `check`: validates the configuration, and the machine, exchanges and stores it names, without
// starting anything. Prints a table; 1 where a check fails, 78 where the configuration is wrong.

import { planStreams, type VenuePlan } from '../../exchanges/plan.ts';
import type { Clock } from '../../lake/clock.ts';
import type { Config } from '../../lake/config.ts';
import { OperationalError } from '../../lake/errors.ts';
import type { RunMode } from '../../lake/mode.ts';
import { strikeSecrets } from '../../lake/secrets.ts';
import { sendTestAlert } from '../alerting/test-alert.ts';
import { checkArchive } from './archive.ts';
import { type CheckFinding, formatFindings } from './finding.ts';
import { checkRoot } from './machine.ts';
import { checkStores } from './stores.ts';
import { checkSymbols } from './symbols.ts';
import { checkVenue } from './venue.ts';

const answerWithinMs = 10_000;

export const runCheck: RunMode = async ({ config, clock, options }) => {
  const findings = await check(config, clock, answerWithinMs);
  if (options.alert === true) findings.push(await checkAlerts(config, clock));
  process.stdout.write(strikeSecrets(formatFindings(findings)));
  const failed = findings.filter(({ level }) => level === 'fail').map(({ name }) => name);
  if (failed.length === 0) return 0;
  throw new OperationalError(`check configuration and machine: ${failed.join(', ')}: failed`, {
    hint: 'see the table for the reasons',
  });
};

/** Every finding. Throws ConfigError where venues or channels do not exist. */
export async function check(
  config: Config,
  clock: Clock,
  answerWithinMs: number,
): Promise<CheckFinding[]> {
  const plans = planStreams(config);
  const nowMs = () => clock.nowUs() / 1000;
  const venues = plans.map(async (plan) => {
    const { exchange, wsUrls, restUrl } = plan;
    const [found, archive] = await Promise.all([
      checkVenue({ exchange, wsUrl: wsUrls[0]!, restUrl, answerWithinMs, nowMs }),
      checkArchive({ plan, answerWithinMs, nowMs }),
    ]);
    const answers = found.some(({ level, name }) => level === 'ok' && name.endsWith(' rest'));
    if (!answers) return [...found, archive];
    return [...found, await checkSymbols({ plan, answerWithinMs, nowMs }), archive];
  });
  return [
    { level: 'ok', name: 'configuration', detail: describePlans(plans) },
    ...(await checkRoot(config.root)),
    ...(await Promise.all(venues)).flat(),
    ...(await checkStores(config, answerWithinMs)),
  ];
}

async function checkAlerts(config: Config, clock: Clock): Promise<CheckFinding> {
  const { isGood, detail } = await sendTestAlert(config, clock, answerWithinMs);
  return { level: isGood ? 'ok' : 'fail', name: 'alerts', detail };
}

function describePlans(plans: readonly VenuePlan[]): string {
  return plans
    .map(({ exchange, streams }) => {
      const symbols = new Set(streams.map(({ symbol }) => symbol)).size;
      return `${streams.length} streams of ${symbols} symbols on ${exchange.name}`;
    })
    .join(', ');
}
