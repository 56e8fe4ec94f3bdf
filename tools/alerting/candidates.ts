// What there is to tell of, from the problems of a heartbeat: one candidate for each condition and subject,
// and one for all subjects of a condition where they are many. Who has been told of stays alone, so that
// its end is told as well; who comes late joins the many. Holds no effects.

import type { Problem } from '../health/problem.ts';
import { type Alert, manySubjects } from './alert.ts';

export type Candidate = Pick<
  Alert,
  'condition' | 'subject' | 'severity' | 'what' | 'since' | 'action' | 'members'
>;

/** Subjects of a condition that are told of one by one, within the time of the rate limit. */
const maxSingles = 5;
const maxNamed = 4;

/** `known` are the alerts that were told of lately or are still open. */
export function findCandidates(problems: readonly Problem[], known: readonly Alert[]): Candidate[] {
  const byCondition = Map.groupBy(problems, ({ condition }) => condition);
  return [...byCondition].flatMap(([condition, own]) => {
    const before = known.filter((alert) => alert.condition === condition);
    return divide(mergeSubjects(own), before);
  });
}

/** One of each subject: the worst, which comes first. */
function mergeSubjects(problems: readonly Problem[]): Problem[] {
  const bySubject = new Map<string, Problem>();
  for (const problem of problems) {
    if (!bySubject.has(problem.subject)) bySubject.set(problem.subject, problem);
  }
  return [...bySubject.values()];
}

function divide(problems: readonly Problem[], known: readonly Alert[]): Candidate[] {
  const alone = known.filter(({ subject }) => subject !== manySubjects);
  const isAlone = ({ subject }: Problem) => alone.some((alert) => alert.subject === subject);
  const loose = problems.filter((problem) => !isAlone(problem));
  const isMany = known.length > alone.length || alone.length + loose.length > maxSingles;
  if (!isMany || loose.length === 0) return problems.map(toSingle);
  return [...problems.filter(isAlone).map(toSingle), toMany(loose)];
}

function toSingle(problem: Problem): Candidate {
  const { condition, subject, severity, what, since, action } = problem;
  return { condition, subject, severity, what, since, action, members: [subject] };
}

function toMany(problems: readonly Problem[]): Candidate {
  const worst = problems.find(({ severity }) => severity === 'unhealthy') ?? problems[0]!;
  const members = problems.map(({ subject }) => subject);
  const since = problems.map((problem) => problem.since).sort()[0]!;
  return { ...toSingle(worst), subject: manySubjects, members, since, what: listSome(problems) };
}

/** The first few and the last, which may be the one that counts the rest. */
function listSome(problems: readonly Problem[]): string {
  const whats = problems.map(({ what }) => what);
  if (whats.length <= maxNamed) return whats.join('; ');
  const between = whats.length - maxNamed;
  const named = [...whats.slice(0, maxNamed - 1), `${between} more`, whats.at(-1)];
  return `${whats.length} problems of this kind: ${named.join('; ')}`;
}
