import { expect, test } from 'vitest';
import { binance } from '../exchanges/binance/binance.ts';
import { Subscription } from './subscription.ts';

const streams = Array.from({ length: 450 }, (_, i) => binance.findStream(`A${i}`, 'trade'));

test('sends no faster than the exchange allows, and everything in the end', () => {
  const subscription = new Subscription(binance, streams);
  const sentMs: number[] = [];
  for (let nowMs = 0; nowMs < 2000; nowMs += 50) {
    if (subscription.takeDue(nowMs) !== undefined) sentMs.push(nowMs);
  }
  expect(sentMs).toEqual([0, 250, 500]);
});

test('knows whose request is answered, once', () => {
  const subscription = new Subscription(binance, streams.slice(0, 2));
  subscription.takeDue(0);
  expect(subscription.isComplete).toBe(false);
  expect(subscription.answer(99)).toBeUndefined();
  expect(subscription.answer(1)).toEqual(streams.slice(0, 2));
  expect(subscription.answer(1)).toBeUndefined();
  expect(subscription.isComplete).toBe(true);
});

test('an answer is overdue after 10 s, not counting time in which nothing was read', () => {
  const subscription = new Subscription(binance, streams.slice(0, 2));
  subscription.takeDue(0);
  expect(subscription.isOverdue(10_000)).toBe(false);
  expect(subscription.isOverdue(10_001)).toBe(true);
  subscription.restart(60_000);
  expect(subscription.isOverdue(70_000)).toBe(false);
  expect(subscription.isOverdue(70_001)).toBe(true);
});

test('asks again with a new id', () => {
  const subscription = new Subscription(binance, streams.slice(0, 2));
  subscription.takeDue(0);
  subscription.answer(1);
  subscription.request([streams[1]!]);
  expect(JSON.parse(subscription.takeDue(1000)!)).toMatchObject({ id: 2, params: ['a1@trade'] });
});
