// The mode `web-data`: answers what the web server asks about the lake's data, with SQL of our own, at a low
// priority and within `web.memory_limit`. Started and ended by the server.

import { constants, setPriority } from 'node:os';
import type { RunMode } from '../../../lake/mode.ts';
import { openLiveTail } from '../../../transformer/live/live-tail.ts';
import type { Answer, DataQuestion } from '../question.ts';
import { toOutPath } from './answer-file.ts';
import { answerQuestions } from './answering.ts';
import { answerBars } from './bars.ts';
import { answerGaps, answerQuality } from './completeness.ts';
import type { DataContext } from './data-context.ts';
import { openDayBars } from './day-bars.ts';
import { openFileReader } from './file-reader.ts';
import { openFreshTail } from './fresh-tail.ts';
import { openInstruments } from './instruments.ts';
import { openLakeReader } from './lake-reader.ts';
import { answerLatest } from './latest.ts';
import { answerFreshen, answerLive, answerResolve } from './live-bars.ts';
import { openRawHead } from './raw-head.ts';
import { answerSchema } from './schema.ts';
import { openSharedAnswers } from './shared-answers.ts';
import { answerSymbols } from './symbols.ts';
import { answerTrades } from './trades.ts';

const threads = 2;

export const runWebData: RunMode = async ({ config, clock, log, signal }) => {
  // A tenth of the collector's share where both want the CPU; at the lowest a page waits for seconds.
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  const { memory_limit: memoryLimit } = config.web;
  const reader = openLakeReader(config, { memoryLimit, threads });
  const tail = openFreshTail(await openLiveTail(config, log), clock, log);
  const instruments = openInstruments(config.root, clock);
  const outPath = toOutPath(config.root, 'web-data');
  const files = openLakeReader(config, { memoryLimit, threads, outPath });
  const quick = openFileReader(config.root, { memoryLimit, threads: 1 });
  const days = openFileReader(config.root, { memoryLimit, threads });
  const dayBars = openDayBars(config.root);
  const head = openRawHead(config, log);
  const share = openSharedAnswers();
  const make = (question: DataQuestion, stopped: AbortSignal) =>
    answer(question, {
      root: config.root,
      config,
      clock,
      tail,
      head,
      instruments,
      dayBars,
      quick: quick.boundTo(stopped),
      days: days.boundTo(stopped),
      reader: reader.boundTo(stopped),
      exporter: { reader: files.boundTo(stopped), outPath },
    });
  const answerOne = (question: DataQuestion, stopped: AbortSignal) =>
    isFile(question)
      ? make(question, stopped)
      : share(JSON.stringify(question), stopped, (unwanted) => make(question, unwanted));
  await answerQuestions<DataQuestion>(answerOne, log, signal);
  tail.close();
  await Promise.all([quick, days, reader, files, head].map((each) => each.close()));
  return 0;
};

/** A file is removed by who asked for it. */
function isFile(question: DataQuestion): boolean {
  return 'format' in question && question.format !== 'json';
}

function answer(question: DataQuestion, context: DataContext): Promise<Answer> {
  switch (question.about) {
    case 'resolve':
      return answerResolve(question, context);
    case 'live':
      return answerLive(question, context);
    case 'symbols':
      return answerSymbols(context);
    case 'bars':
      return answerBars(question, context);
    case 'trades':
      return answerTrades(question, context);
    case 'latest':
      return answerLatest(question, context);
    case 'quality':
      return answerQuality(question, context);
    case 'gaps':
      return answerGaps(question, context);
    case 'schema':
      return answerSchema(context);
    case 'freshen':
      return answerFreshen(context);
  }
}
