// The cookbook: every question of `docs/queries.md` is asked of its lake by the mode `query`, and answered as it
// stands there. With LAKE_UPDATE_DOCS=1 (`npm run docs`) the answers are written anew.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openSystemClock } from '../lake/clock.ts';
import { parseConfig } from '../lake/config.ts';
import { silentLog } from '../lake/log.ts';
import { runQuery } from '../tools/query/query.ts';
import { makeCookbookLake } from './cookbook-lake.ts';

const isUpdate = process.env.LAKE_UPDATE_DOCS === '1';
const path = join(import.meta.dirname, '..', 'docs', 'queries.md');
const text = await readFile(path, 'utf8');
const questions = [
  ...text.matchAll(
    /^### (\d+\. .+)\n(?:[^#`]|`[^`\n]+`)*```sql\n([^`]+)```\n(?:\n```\n([^`]*)```\n)?/gm,
  ),
].map(([whole, title, sql, answer]) => ({ whole, title: title!, sql: sql!, answer }));

let root: string;
const answers = new Map<string, string>();

beforeAll(async () => {
  root = (await makeCookbookLake()).root;
}, 60_000);

afterAll(async () => {
  if (isUpdate) await writeAnswers();
});

/** What the mode prints. */
async function ask(sql: string): Promise<string> {
  let printed = '';
  const print = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    printed += chunk;
    return true;
  });
  try {
    await runQuery({
      config: parseConfig(`root: ${root}`, {}),
      configText: '',
      options: {},
      positionals: [sql],
      onReload() {},
      log: silentLog,
      clock: openSystemClock(),
      signal: new AbortController().signal,
    });
  } finally {
    print.mockRestore();
  }
  return printed;
}

async function writeAnswers(): Promise<void> {
  let written = text;
  for (const { whole, sql } of questions) {
    if (!answers.has(sql)) continue;
    const asked = whole.slice(0, whole.indexOf(sql) + sql.length);
    written = written.replace(whole, () => `${asked}\`\`\`\n\n\`\`\`\n${answers.get(sql)}\`\`\`\n`);
  }
  await writeFile(path, written);
}

it('has 25 questions, counted through', () => {
  const headings = [...text.matchAll(/^### (\d+)\. /gm)].map(([, number]) => Number(number));
  expect(headings).toEqual(Array.from({ length: 25 }, (_, index) => index + 1));
  expect(questions.map(({ title }) => Number.parseInt(title, 10))).toEqual(headings);
});

describe('the answer in the cookbook is the lake’s', () => {
  it.each(questions)('$title', async ({ sql, answer }) => {
    answers.set(sql, await ask(sql));
    if (!isUpdate) expect(answers.get(sql)).toBe(answer);
  });
});
