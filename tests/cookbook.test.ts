// The cookbook: every question of `docs/queries.md` is asked of its lake as the mode `query` asks it, and answered
// as it stands there. With LAKE_UPDATE_DOCS=1 (`npm run docs`) the answers are written anew.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../lake/config.ts';
import { silentLog } from '../lake/log.ts';
import { openAsker } from '../tools/query/asker.ts';
import { type LakeSession, openLakeSession } from '../tools/query/lake-session.ts';
import { type LiveRefresh, openLiveRefresh } from '../tools/query/live-refresh.ts';
import { makeCookbookLake } from './cookbook-lake.ts';

const isUpdate = process.env.LAKE_UPDATE_DOCS === '1';
const path = join(import.meta.dirname, '..', 'docs', 'queries.md');
const text = await readFile(path, 'utf8');
const questions = [
  ...text.matchAll(
    /^### (\d+\. .+)\n(?:[^#`]|`[^`\n]+`)*```sql\n([^`]+)```\n(?:\n```\n([^`]*)```\n)?/gm,
  ),
].map(([whole, title, sql, answer]) => ({ whole, title: title!, sql: sql!, answer }));

const never = new AbortController().signal;
const told: string[] = [];
const answers = new Map<string, string>();
let session: LakeSession;
let live: LiveRefresh;
let ask: (sql: string) => Promise<string>;

beforeAll(async () => {
  const { root } = await makeCookbookLake();
  const config = parseConfig(`root: ${root}`, {});
  session = await openLakeSession(config);
  live = openLiveRefresh(config, silentLog, (line) => told.push(line));
  let printed = '';
  const output = new Writable({
    write(chunk, _encoding, done) {
      printed += chunk;
      done();
    },
  });
  const asker = openAsker({ config, live, output, bar: output });
  ask = async (sql) => {
    printed = '';
    await asker.ask(session, sql, 'table', never);
    return printed;
  };
}, 60_000);

afterAll(async () => {
  session.close();
  live.close();
  if (isUpdate) await writeAnswers();
});

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
    expect(told).toEqual([]);
  });
});
