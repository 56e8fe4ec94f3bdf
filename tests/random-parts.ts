// Random raw parts of one symbol across midnights: trades, quotes, copies, late, lost and filled ones,
// reconnects, and parts in which little or nothing came. The local clock is behind, ahead, measured or not, and
// now and then set by a day; days may lie between two parts.

import fc from 'fast-check';
import { formatDay, usPerDay } from '../lake/day.ts';
import { controlLine, fillLine, quoteLine, tradeLine, us } from './raw-lines.ts';

export type RandomPart = {
  /** Day of receipt and number within it. */
  day: string;
  number: number;
  lines: string[];
};

const startUs = us('2026-03-01T23:59:30Z');
const partUs = 10_000_000;

const stepKinds = [
  ...(['trade', 'trade', 'quote', 'quote', 'quote', 'lost', 'copy', 'late'] as const),
  ...(['rest', 'archive', 'aggregates', 'clock'] as const),
];

const step = fc.record({
  gapUs: fc.oneof(fc.integer({ min: 0, max: 300_000 }), fc.integer({ min: 0, max: 4_000_000 })),
  kind: fc.constantFrom(...stepKinds),
  cents: fc.integer({ min: 1, max: 5_000_000_000 }),
  lots: fc.integer({ min: 1, max: 2_000_000_000 }),
  flag: fc.boolean(),
});

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const rarely = <T>(usual: T, ...others: T[]) =>
  fc.oneof(
    { weight: 5, arbitrary: fc.constant(usual) },
    { weight: 2, arbitrary: fc.constantFrom(...others) },
  );

const setting = fc.record({
  /** What the clock is set by before the part, and the days that pass. */
  setUs: rarely(0, usPerDay, -usPerDay, 2 * usPerDay, -7_000_000),
  days: rarely(0, 0, 1),
  /** What does not come in the part. */
  silence: rarely('none', 'trades', 'all'),
  end: rarely('rotate', 'close', 'crash'),
});

type Setting = typeof setting extends fc.Arbitrary<infer T> ? T : never;

/** In the order of writing. */
export const randomParts = fc
  .record({
    settings: fc.array(setting, { minLength: 2, maxLength: 7 }),
    steps: fc.array(step, { minLength: 5, maxLength: 80 }),
    offsetUs: fc.constantFrom(0, 1_270_000, -300_000),
  })
  .map(({ settings, steps, offsetUs }) => writeLife(settings, steps, offsetUs));

/** A part being written: when it began by the exchange's clock, which is ahead of ours by the offset. */
type Life = Setting & { fromUs: number; offsetUs: number; lines: string[] };

function writeLife(settings: readonly Setting[], steps: readonly Step[], firstOffsetUs: number) {
  const lives: Life[] = [];
  let offsetUs = firstOffsetUs;
  let days = 0;
  for (const [index, own] of settings.entries()) {
    offsetUs -= own.setUs;
    days += own.days;
    const fromUs = startUs + index * partUs + days * usPerDay;
    lives.push({ ...own, fromUs, offsetUs, lines: [] });
  }
  writeSteps(lives, steps);
  const numbers = new Map<string, number>();
  return lives.map((life, index): RandomPart => {
    const fromUs = life.fromUs - life.offsetUs;
    const goesOn = lives[index - 1]?.end === 'rotate' && life.days === 0;
    life.lines.unshift(controlLine(fromUs, goesOn ? 'listening' : 'subscribed'));
    if (life.end !== 'crash') life.lines.push(controlLine(fromUs + partUs, life.end));
    const day = formatDay(fromUs);
    const number = (numbers.get(day) ?? 0) + 1;
    numbers.set(day, number);
    return { day, number, lines: life.lines };
  });
}

function writeSteps(lives: readonly Life[], steps: readonly Step[]): void {
  const trades: { id: number; timeUs: number; recv: number; line: string }[] = [];
  let passedUs = 0;
  let nextId = 100;
  let day = lives[0]!.fromUs;
  for (const [index, step] of steps.entries()) {
    passedUs += step.gapUs;
    const at = Math.min(lives.length - 1, Math.floor(passedUs / partUs));
    const life = lives[at]!;
    const timeUs = life.fromUs + passedUs - at * partUs;
    const recv = timeUs - life.offsetUs;
    // Between consecutive ids every second has a bar: not for days.
    if (timeUs - day > usPerDay / 2) nextId++;
    day = timeUs;
    if (life.silence === 'all') continue;
    const { kind, flag } = step;
    const any = (number: number) => lives[number % lives.length]!;
    if (kind === 'quote') {
      const ask = decimal(step.cents + step.lots);
      const line = (us: number) => quoteLine(us, 1000 + index, decimal(step.cents), ask);
      life.lines.push(line(recv));
      if (flag) life.lines.push(line(recv + 7));
    } else if (kind === 'clock') {
      const fields = { offset_us: life.offsetUs + (step.cents % 50_000), round_trip_us: 9000 };
      life.lines.push(controlLine(recv, 'clock', 'c1', fields));
    } else if (kind === 'copy' || kind === 'late') {
      const earlier = trades[step.cents % Math.max(1, trades.length)];
      if (earlier === undefined) continue;
      const target = any(step.lots);
      // No part is written for days.
      const isNear = Math.abs(target.fromUs - target.offsetUs - earlier.recv) < usPerDay / 2;
      if (isNear && target.silence === 'none') target.lines.push(earlier.line);
    } else if (kind === 'lost') {
      nextId++;
    } else if (kind === 'trade') {
      const [price, quantity] = [decimal(step.cents), decimal(step.lots)];
      const id = nextId++;
      const line = tradeLine({ id, us: timeUs, recv, price, quantity, maker: flag });
      if (life.silence !== 'none') continue;
      trades.push({ id, timeUs, recv, line });
      life.lines.push(line);
    } else if (kind === 'aggregates') {
      const id = nextId++;
      const rows = [aggregateRow(id, id, timeUs), aggregateRow(90, 95, timeUs)];
      any(step.lots).lines.push(fillLine(recv, 'rest', rows));
    } else {
      const fill = { id: nextId++, timeUs, price: decimal(step.cents) };
      // Of some the other source has a copy; some come with trades that are known.
      const known = trades.slice(-(step.cents % 3)).filter(() => flag);
      any(step.lots).lines.push(fillLine(recv, kind, [fill, ...known].map(restRow)));
      if (flag) any(step.cents).lines.push(fillLine(recv + 9, 'rest', [restRow(fill)]));
    }
  }
}

const decimal = (units: number) => (units / 1e5).toFixed(5);

function restRow({ id, timeUs, price = '7.5' }: { id: number; timeUs: number; price?: string }) {
  return { id, price, qty: '1.25', time: timeUs, isBuyerMaker: id % 2 === 0 };
}

function aggregateRow(f: number, l: number, timeUs: number) {
  return { a: 1, p: '3.25', q: '2', f, l, T: timeUs, m: true };
}
