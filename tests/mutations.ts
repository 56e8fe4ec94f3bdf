// Damages frames and lines in every way a network, a disk or an exchange may: cut, joined, bytes changed
// or doubled, values of another type or size, nesting without end, newlines, text that is no UTF-8. The
// same seed gives the same damage.

/** Gives [0, 1); xorshift over 32 bits, for tests that must run again in the same way. */
export function createRandom(seed: number): () => number {
  let state = (Math.imul(seed, 0x9e3779b1) ^ 0x85ebca6b) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
}

type Random = () => number;
type Mutation = (bytes: Buffer, random: Random, bases: readonly Buffer[]) => Buffer;

const pick = <T>(random: Random, items: readonly T[]): T =>
  items[Math.floor(random() * items.length)]!;
const below = (random: Random, count: number) => Math.floor(random() * count);

/** What stands in the place of a value, as JSON text, or as what looks like it. */
const oddValues = [
  'null',
  'true',
  '-1',
  '-0',
  '0',
  '""',
  '[]',
  '{}',
  '[[]]',
  '1e400',
  '-1e400',
  '1e-400',
  '1e5',
  '"1e5"',
  '9007199254740993',
  '9223372036854775808',
  '340282366920938463463374607431768211456',
  '0.1',
  '1.5e3',
  '"NaN"',
  '"Infinity"',
  'NaN',
  'Infinity',
  '"-1.5"',
  '"+1"',
  '" 1 "',
  '"0x10"',
  '"1_000"',
  '"00012"',
  '".5"',
  '"5."',
  '"0.000000001"',
  '"123456789012345678901234567890.12345678"',
  '"\\u0000"',
  '"\\ud800"',
  '"\\n"',
  '"ＢＴＣ"',
  `"${'9'.repeat(400)}"`,
  `"${'x'.repeat(5000)}"`,
  '9'.repeat(400),
  '{"a":{"a":{"a":{"a":1}}}}',
  '{"t":1,"t":2}',
  "'single'",
  'undefined',
  '',
];

const oddBytes = [
  Buffer.from([0x00]),
  Buffer.from([0xff]),
  Buffer.from([0xc0, 0x80]),
  Buffer.from([0xed, 0xa0, 0x80]),
  Buffer.from([0xf8, 0x88, 0x80, 0x80, 0x80]),
  Buffer.from([0xe2, 0x82]),
  Buffer.from([0xef, 0xbb, 0xbf]),
  Buffer.from('\n'),
  Buffer.from('\r\n'),
  Buffer.from('\n\n\n'),
  Buffer.from('"'),
  Buffer.from('\\'),
  Buffer.from('{'),
  Buffer.from(']'),
  Buffer.from('}'),
  Buffer.from(','),
  Buffer.from(' \t '),
  Buffer.from('\u2028'),
];

/** Values in JSON text: after a colon, up to the comma or brace that ends them. */
const value = /(?<=:)("(?:[^"\\]|\\.)*"|[^,{}[\]"]+)/g;

const insert = (bytes: Buffer, at: number, piece: Buffer) =>
  Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);

const mutations: readonly Mutation[] = [
  // Cut at the end, at the start, in the middle.
  (bytes, random) => bytes.subarray(0, below(random, bytes.length)),
  (bytes, random) => bytes.subarray(below(random, bytes.length)),
  (bytes, random) => {
    const from = below(random, bytes.length);
    const to = from + 1 + below(random, 40);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  // Two joined, whole or torn.
  (bytes, random, bases) => Buffer.concat([bytes, pick(random, bases)]),
  (bytes, random, bases) => {
    const other = pick(random, bases);
    const head = bytes.subarray(0, below(random, bytes.length));
    return Buffer.concat([head, other.subarray(below(random, other.length))]);
  },
  // Bytes changed, one or several.
  (bytes, random) => {
    const changed = Buffer.from(bytes);
    for (let left = 1 + below(random, 4); left > 0; left--) {
      changed[below(random, changed.length)] = below(random, 256);
    }
    return changed;
  },
  // Bytes put in.
  (bytes, random) => insert(bytes, below(random, bytes.length + 1), pick(random, oddBytes)),
  (bytes, random) => Buffer.concat([pick(random, oddBytes), bytes]),
  // Values of another type or size.
  (bytes, random) => replaceValue(bytes, random, pick(random, oddValues)),
  (bytes, random) =>
    replaceValue(replaceValue(bytes, random, pick(random, oddValues)), random, 'null'),
  // A key lost, doubled, or of another name.
  (bytes, random) => {
    const keys = [...bytes.toString('latin1').matchAll(/"(\w+)":/g)];
    if (keys.length === 0) return bytes.subarray(1);
    const key = pick(random, keys);
    const other = pick(random, ['', '"":', '"t":', '"stream":', '"data":', '"\\u0074":', '"T" :']);
    const text = bytes.toString('latin1');
    const end = key.index + key[0].length;
    return Buffer.from(text.slice(0, key.index) + other + text.slice(end), 'latin1');
  },
  // Nesting without end.
  (bytes, random) => {
    const depth = pick(random, [10, 50, 50, 200, 200, 500, 500, 1500, 1500, 20_000]);
    const [open, close] = pick(random, [
      ['[', ']'],
      ['{"a":', '}'],
    ]);
    const isClosed = random() < 0.5;
    const nested = open!.repeat(depth) + (isClosed ? `1${close!.repeat(depth)}` : '');
    return random() < 0.5 ? Buffer.from(nested) : replaceValue(bytes, random, nested);
  },
  // Nothing, or next to nothing.
  (_, random) => Buffer.from(pick(random, ['', ' ', '\n', '{}', '[]', 'null', '0', '"', '""'])),
  // Noise.
  (_, random) => Buffer.from(Array.from({ length: below(random, 300) }, () => below(random, 256))),
];

function replaceValue(bytes: Buffer, random: Random, odd: string): Buffer {
  const text = bytes.toString('latin1');
  const found = [...text.matchAll(value)];
  if (found.length === 0) return Buffer.concat([bytes, Buffer.from(odd)]);
  const { index, 0: old } = pick(random, found);
  const head = Buffer.from(text.slice(0, index), 'latin1');
  return Buffer.concat([
    head,
    Buffer.from(odd),
    Buffer.from(text.slice(index + old.length), 'latin1'),
  ]);
}

/** One of `bases`, damaged in one way or two. */
export function mutate(bases: readonly Buffer[], random: Random): Buffer {
  const once = pick(random, mutations)(pick(random, bases), random, bases);
  return random() < 0.3 && once.length > 0 ? pick(random, mutations)(once, random, bases) : once;
}

/** How many damaged frames and lines a test sends: a few thousand, or `LAKE_TEST_FUZZ`. */
export function findFuzzCount(standard: number): number {
  return Number(process.env.LAKE_TEST_FUZZ ?? standard);
}
