// The layer table of the design, and the rules of style a program can check, over the source files as
// text. Test files may import what they like; what they are is said in `source-files.ts`.

import { describe, expect, it } from 'vitest';
import { dropComments, findImports, readSourceFiles, type SourceFile } from './source-files.ts';

/** What the files below a path may import of ours, besides each other. */
const layers: Record<string, readonly string[]> = {
  'lake/': [],
  'exchanges/': ['lake/'],
  'collector/': ['lake/', 'exchanges/'],
  'transformer/': ['lake/', 'exchanges/'],
  'tools/': ['lake/', 'exchanges/', 'transformer/'],
  'orchestrator/': ['lake/', 'tools/alerting/', 'tools/health/'],
  'library/': ['lake/', 'transformer/', 'tools/query/'],
  'modes.ts': ['lake/', 'exchanges/', 'collector/', 'transformer/', 'tools/', 'orchestrator/'],
  'main.ts': ['lake/', 'modes.ts'],
  'bench/': ['lake/', 'exchanges/', 'collector/', 'transformer/', 'tools/', 'orchestrator/'],
};

/** The files that act on the world, by what they act with. All others decide. */
const shells: Record<string, readonly string[]> = {
  'node:fs': [
    'collector/describe-part.ts',
    'collector/part-file.ts',
    'collector/part-numbers.ts',
    'collector/recovery.ts',
    'collector/seal.ts',
    'exchanges/archive-file.ts',
    'lake/config-file.ts',
    'lake/disk-space.ts',
    'lake/drill-clock.ts',
    'lake/duckdb.ts',
    'lake/durable.ts',
    'lake/lock.ts',
    'lake/log-file.ts',
    'lake/log.ts',
    'lake/secret-files.ts',
    'lake/spill-folder.ts',
    'lake/version.ts',
    'orchestrator/start-history.ts',
    'tools/backfill/claim-part.ts',
    'tools/backfill/day-folder.ts',
    'tools/backfill/fill-parts.ts',
    'tools/backfill/known-ids.ts',
    'tools/backfill/plain-digest.ts',
    'tools/check/machine.ts',
    'tools/check/stores.ts',
    'tools/cleanup/old-logs.ts',
    'tools/cleanup/proof.ts',
    'tools/cleanup/removal-log.ts',
    'tools/cleanup/remove.ts',
    'tools/cleanup/restored-files.ts',
    'tools/demo/demo-root.ts',
    'tools/demo/past.ts',
    'tools/demo/query.ts',
    'tools/drill/drill.ts',
    'tools/drill/machine-faults.ts',
    'tools/drill/raw-lines.ts',
    'tools/drill/small-disk.ts',
    'tools/health/completeness-reader.ts',
    'tools/health/lake-usage.ts',
    'tools/health/memory.ts',
    'tools/import/other-root.ts',
    'tools/import/stage-part.ts',
    'tools/metrics/partition-heads.ts',
    'tools/query/answer-file.ts',
    'tools/query/answer.ts',
    'tools/query/asker.ts',
    'tools/query/history.ts',
    'tools/query/lake-session.ts',
    'tools/query/query.ts',
    'tools/query/read-again.ts',
    'tools/reconcile/outcome.ts',
    'tools/restore/fetch.ts',
    'tools/restore/ledgers.ts',
    'tools/restore/raw-parts.ts',
    'tools/restore/restore-day.ts',
    'tools/simulator/recording.ts',
    'tools/store/folder-store.ts',
    'tools/store/local-file.ts',
    'tools/store/probe.ts',
    'tools/store/received-file.ts',
    'tools/store/sent-file.ts',
    'tools/upload/foresee.ts',
    'tools/upload/frozen-files.ts',
    'tools/upload/lost-store.ts',
    'tools/upload/owner.ts',
    'tools/upload/prepared-file.ts',
    'tools/upload/raw-folders.ts',
    'tools/upload/release-day.ts',
    'tools/upload/release-state.ts',
    'tools/upload/source-files.ts',
    'tools/verify/compare-derived.ts',
    'tools/verify/derive.ts',
    'tools/verify/measure-part.ts',
    'tools/verify/publish-day.ts',
    'tools/verify/repair.ts',
    'tools/verify/stored-day.ts',
    'tools/verify/verify-lake.ts',
    'tools/web/assets-route.ts',
    'tools/web/child.ts',
    'tools/web/data/answer-file.ts',
    'tools/web/data/arrow-file.ts',
    'tools/web/data/bar-files.ts',
    'tools/web/data/lake-reader.ts',
    'tools/web/data/raw-end.ts',
    'tools/web/data/raw-head.ts',
    'tools/web/send-answer.ts',
    'transformer/catalog.ts',
    'transformer/catalog/empty-files.ts',
    'transformer/commit.ts',
    'transformer/extract.ts',
    'transformer/faults.ts',
    'transformer/ledger-days.ts',
    'transformer/live/empty-tail.ts',
    'transformer/live/open-copy.ts',
    'transformer/live/open-layer.ts',
    'transformer/live/sealed-layer.ts',
    'transformer/live/tail-files.ts',
    'transformer/live/tail-stamp.ts',
    'transformer/parquet-file.ts',
    'transformer/part-lines.ts',
    'transformer/parts.ts',
    'transformer/plan-run.ts',
    'transformer/readable-copy.ts',
    'transformer/redescribe.ts',
    'transformer/stage-day.ts',
  ],
  ws: ['collector/socket.ts', 'tools/check/venue.ts', 'tools/simulator/upgrade.ts'],
  '@duckdb/node-api': ['lake/duckdb.ts'],
  'node:child_process': [
    'orchestrator/child.ts',
    'tools/drill/small-disk.ts',
    'tools/program/program.ts',
    'tools/web/child.ts',
  ],
};
const environmentReaders = [
  'lake/log-relay.ts',
  'main.ts',
  'orchestrator/child.ts',
  'tools/demo/demo.ts',
  'tools/program/program.ts',
  'tools/query/history.ts',
  'tools/store/stores.ts',
  'tools/web/child.ts',
];

/** What may name a venue: the configuration's defaults, and the exchange we made ourselves. */
const venueNamers = [
  'lake/config-schema.ts',
  'tools/simulator/',
  'tools/demo/',
  'tools/drill/',
  'bench/',
];

const maxLines = 300;

const files = readSourceFiles();
const byPath = new Map(files.map((file) => [file.path, file]));
const sources = files.filter((file) => !file.isTest);
const code = sources.filter(({ path }) => path.endsWith('.ts'));
const product = code.filter(({ path }) => !path.startsWith('bench/'));

function findPaths(among: readonly SourceFile[], isWrong: (file: SourceFile) => boolean): string[] {
  return among.filter(isWrong).map(({ path }) => path);
}

/** Own files that a file imports. */
function listOwnImports({ imports }: SourceFile): string[] {
  return imports.map(({ from }) => from).filter((from) => /\.(ts|json)$/.test(from));
}

describe('imports', () => {
  it('are found in every form, and never in a comment', () => {
    const text = [
      "import './a.ts';",
      "import b from './b.ts';",
      "import {\n  type C,\n  c,\n} from '../c.ts';",
      "import type { D } from './d.ts';",
      "export { e } from 'ws';",
      "const load = () => import('./f.ts');",
      "// import './comment.ts';",
      "/** As in\n * import('./comment.ts') */",
    ].join('\n');
    expect(findImports('x/y/z.ts', dropComments(text))).toEqual([
      { from: 'x/y/a.ts', isTypeOnly: false },
      { from: 'x/y/b.ts', isTypeOnly: false },
      { from: 'x/c.ts', isTypeOnly: false },
      { from: 'x/y/d.ts', isTypeOnly: true },
      { from: 'ws', isTypeOnly: false },
      { from: 'x/y/f.ts', isTypeOnly: false },
    ]);
  });

  it('name files that exist', () => {
    const wrong = code.flatMap((file) =>
      listOwnImports(file)
        .filter((path) => !byPath.has(path))
        .map((path) => `${file.path}: ${path}`),
    );
    expect(wrong).toEqual([]);
  });

  it.each(Object.entries(layers))('of %s stay in its layers', (layer, others) => {
    const allowed = [layer, ...others];
    const members = code.filter(({ path }) => path.startsWith(layer));
    const wrong = members.flatMap((file) =>
      listOwnImports(file)
        .filter((path) => !allowed.some((prefix) => path.startsWith(prefix)))
        .map((path) => `${file.path} imports ${path}`),
    );
    expect(members.length).toBeGreaterThan(0);
    expect(wrong).toEqual([]);
  });

  it('are of a layer for every source file, and of no test', () => {
    const isMember = ({ path }: SourceFile) =>
      Object.keys(layers).some((layer) => path.startsWith(layer));
    expect(findPaths(code, (file) => !isMember(file))).toEqual([]);
    const importsTest = (file: SourceFile) =>
      listOwnImports(file).some((path) => byPath.get(path)?.isTest === true);
    expect(findPaths(code, importsTest)).toEqual([]);
  });

  it('make no cycle', () => {
    expect(findCycles()).toEqual([]);
  });

  it('reach every file of the product from main.ts or the library', () => {
    const reached = new Set<string>();
    const visit = (path: string) => {
      const file = byPath.get(path);
      if (file === undefined || reached.has(path)) return;
      reached.add(path);
      listOwnImports(file).forEach(visit);
    };
    visit('main.ts');
    visit('library/open-lake.ts');
    expect(findPaths(product, ({ path }) => !reached.has(path))).toEqual([]);
  });
});

/** Import cycles as `a.ts > b.ts > a.ts`, by depth-first search. */
function findCycles(): string[] {
  const cycles: string[] = [];
  const done = new Set<string>();
  const walk = (path: string, way: readonly string[]) => {
    if (way.includes(path)) {
      cycles.push([...way.slice(way.indexOf(path)), path].join(' > '));
      return;
    }
    const file = byPath.get(path);
    if (file === undefined || done.has(path)) return;
    for (const next of listOwnImports(file)) walk(next, [...way, path]);
    done.add(path);
  };
  for (const { path } of files) walk(path, []);
  return cycles;
}

describe('effects', () => {
  it.each(Object.entries(shells))('through %s are had by the shell alone', (module, shell) => {
    const acts = ({ imports }: SourceFile) =>
      imports.some(
        ({ from, isTypeOnly }) => !isTypeOnly && (from === module || from.startsWith(`${module}/`)),
      );
    expect(findPaths(product, acts)).toEqual(shell);
  });

  it('through process.env are had by the shell alone', () => {
    const reads = (file: SourceFile) => file.code.includes('process.env');
    expect(findPaths(product, reads)).toEqual(environmentReaders);
  });

  it('are not had by files that say they hold none', () => {
    const pure = product.filter(({ text }) =>
      /^(\/\/.*\n)*?\/\/.*holds?\s(\/\/ )?no effects/i.test(text),
    );
    const acting = [...Object.values(shells).flat(), ...Object.keys(shells)];
    const acts = (file: SourceFile) =>
      /\bprocess\.|\bset(Timeout|Interval|Immediate)\b|\bDate\.now\b|\bMath\.random\b/.test(
        file.code,
      ) || file.imports.some(({ from, isTypeOnly }) => !isTypeOnly && acting.includes(from));
    expect(pure.length).toBeGreaterThan(5);
    expect(findPaths(pure, acts)).toEqual([]);
  });
});

describe('source files', () => {
  it('name a venue only where venues live', () => {
    const names = (file: SourceFile) => /binance/i.test(file.code);
    const outside = sources.filter(
      ({ path }) => !['exchanges/', ...venueNamers].some((prefix) => path.startsWith(prefix)),
    );
    expect(findPaths(outside, names)).toEqual([]);
  });

  it('hold SQL in .sql files alone, each loaded by name', () => {
    // A string that begins where code expects a value; not one quoted inside a text for people.
    const begins = /[([{,:=?+]\s*['"`]\s*(SELECT|INSERT|CREATE|COPY|DELETE|UPDATE|WITH|FROM)\b/;
    expect(findPaths(code, (file) => begins.test(file.code))).toEqual([]);
    const loaders = code.filter((file) => file.code.includes('.sql'));
    const isLoaded = ({ path }: SourceFile) => {
      const stem = path.split('/').at(-1)!.slice(0, -'.sql'.length);
      const name = new RegExp(`['/]${stem}(\\.sql)?'`);
      return loaders.some((file) => name.test(file.code));
    };
    const statements = sources.filter(({ path }) => path.endsWith('.sql'));
    expect(statements.length).toBeGreaterThan(30);
    expect(findPaths(statements, (file) => !isLoaded(file))).toEqual([]);
  });

  it('count over no window of all rows, which can end in a fatal error of DuckDB 1.5.5', () => {
    // Aggregates alone; what is streamed, as lag, is no race.
    const counts = /(?<!\blag\([^()]*\)\s*)\bOVER\s*\(\s*\)/i;
    expect(
      ['SELECT count(*) OVER ()', 'SELECT lag(a) OVER ()'].map((sql) => counts.test(sql)),
    ).toEqual([true, false]);
    const statements = sources.filter(({ path }) => path.endsWith('.sql'));
    expect(findPaths(statements, ({ text }) => counts.test(text))).toEqual([]);
  });

  it(`have at most ${maxLines} lines`, () => {
    const isLong = ({ text }: SourceFile) => text.split('\n').length - 1 > maxLines;
    expect(findPaths(sources, isLong)).toEqual([]);
  });

  it('export no default and declare no enum and no namespace', () => {
    const wrong = /^\s*export default\b|^\s*(export |declare |const )*(enum|namespace)\s+\w+/m;
    expect(findPaths(files, (file) => wrong.test(file.code))).toEqual([]);
  });

  it('open with a comment that says what they own', () => {
    const opens = ({ path, text }: SourceFile) =>
      /\.[jt]s$/.test(path)
        ? /^(#!.*\n)?\/\/ \S/.test(text)
        : !path.endsWith('.css') || /^\/\* \S/.test(text);
    expect(findPaths(sources, (file) => !opens(file))).toEqual([]);
  });
});
