import { describe, expect, it } from 'vitest';
import { answerMessage, parseConnectUrl, type Subscription } from './subscriptions.ts';

function open(...streams: string[]): Subscription {
  return { streams: new Set(streams), combined: true, unit: 'ms' };
}

const known = '`SUBSCRIBE`, `UNSUBSCRIBE`, `LIST_SUBSCRIPTIONS`, `SET_PROPERTY`, `GET_PROPERTY`';

describe('messages of a client', () => {
  it.each([
    ['{"method":"SUBSCRIBE","params":["btcusdt@depth"],"id":1}', '{"result":null,"id":1}'],
    ['{"method":"SUBSCRIBE","params":["NOSUCH@trade"],"id":"aB9"}', '{"result":null,"id":"aB9"}'],
    ['{"method":"UNSUBSCRIBE","params":["x@trade"],"id":null}', '{"result":null,"id":null}'],
    ['{"method":"LIST_SUBSCRIPTIONS","id":3}', '{"result":["btcusdt@trade"],"id":3}'],
    ['{"method":"SET_PROPERTY","params":["combined",true],"id":5}', '{"result":null,"id":5}'],
    ['{"method":"GET_PROPERTY","params":["combined"],"id":2}', '{"result":true,"id":2}'],
    [
      '{"method":"LIST_SUBSCRIPTIONS","id":9223372036854775807}',
      '{"result":["btcusdt@trade"],"id":9223372036854775807}',
    ],
    [
      '{"method":"SET_PROPERTY","params":["speed",true],"id":5}',
      '{"code":0,"msg":"Unknown property","id":5}',
    ],
    [
      '{"method":"SET_PROPERTY","params":["combined","yes"],"id":5}',
      '{"code":1,"msg":"Invalid value type: expected Boolean"}',
    ],
    [
      '{"method":"GET_PROPERTY","params":[7],"id":5}',
      '{"code":2,"msg":"Invalid request: property name must be a string"}',
    ],
    [
      '{"method":"LIST_SUBSCRIPTIONS","id":1.5}',
      '{"code":2,"msg":"Invalid request: request ID must be an unsigned integer"}',
    ],
    [
      '{"method":"GET_PROPERTY","params":["combined",1],"id":5}',
      '{"code":2,"msg":"Invalid request: too many parameters"}',
    ],
    [
      '{"method":"SHOUT","id":1}',
      `{"code":2,"msg":"Invalid request: unknown variant SHOUT, expected one of ${known} at line 1 column 17"}`,
    ],
    [
      '{"params":[],"id":1}',
      '{"code":2,"msg":"Invalid request: missing field `method` at line 1 column 20"}',
    ],
    ['hello', '{"code":3,"msg":"Invalid JSON: expected value at line 1 column 1"}'],
  ])('%s is answered literally', (message, answer) => {
    expect(answerMessage(message, open('btcusdt@trade'), 1024).text).toBe(answer);
  });

  it('change the subscription', () => {
    const subscription = open('a@trade');
    answerMessage('{"method":"SUBSCRIBE","params":["b@trade","a@trade"],"id":1}', subscription, 9);
    expect([...subscription.streams]).toEqual(['a@trade', 'b@trade']);
    answerMessage('{"method":"UNSUBSCRIBE","params":["a@trade"],"id":2}', subscription, 9);
    answerMessage('{"method":"SET_PROPERTY","params":["combined",false],"id":3}', subscription, 9);
    expect(subscription).toEqual({ streams: new Set(['b@trade']), combined: false, unit: 'ms' });
  });

  it('leave the subscription as it was where they ask for too many streams', () => {
    const subscription = open('a@trade');
    const answer = answerMessage(
      '{"method":"SUBSCRIBE","params":["b","c"],"id":1}',
      subscription,
      2,
    );
    expect(answer.tooManyStreams).toBe(true);
    expect(answer.text).toContain('Too many subscriptions');
    expect(subscription.streams.size).toBe(1);
  });
});

describe('the URL of a connection', () => {
  it.each([
    ['/ws', [], false, 'ms'],
    ['/ws/btcusdt@trade', ['btcusdt@trade'], false, 'ms'],
    ['/ws/btcusdt@trade/x@depth', ['btcusdt@trade', 'x@depth'], false, 'ms'],
    ['/ws/btcusdt%40trade?timeUnit=microsecond', ['btcusdt@trade'], false, 'us'],
    ['/stream', [], true, 'ms'],
    ['/stream?timeUnit=MICROSECOND', [], true, 'us'],
    ['/stream?streams=a@trade/b@depth@100ms', ['a@trade', 'b@depth@100ms'], true, 'ms'],
    ['/stream?streams=%CE%B4usdt%40trade', ['δusdt@trade'], true, 'ms'],
  ])('%s says what the connection receives', (url, streams, combined, unit) => {
    expect(parseConnectUrl(url)).toEqual({ streams: new Set(streams), combined, unit });
  });

  it.each(['/', '/api/v3/ping', '/stream/x', '/ws?timeUnit=hours'])('%s is no stream', (url) => {
    expect(parseConnectUrl(url)).toBeUndefined();
  });
});
