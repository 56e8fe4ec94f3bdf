import { describe, expect, it } from 'vitest';
import { parseConfig } from './config.ts';
import { defaultSymbols } from './config-schema.ts';
import { ConfigError } from './errors.ts';

function findProblems(yamlText: string, environment: Record<string, string> = {}): string[] {
  try {
    parseConfig(yamlText, environment);
  } catch (thrown) {
    if (thrown instanceof ConfigError) return [...thrown.problems];
    throw thrown;
  }
  return [];
}

describe('web', () => {
  it.each(['127.0.0.1', '127.8.8.8', '::1', 'localhost'])(
    'may be seen here without a token: %s',
    (host) => {
      expect(findProblems(`web: { host: "${host}" }`)).toEqual([]);
    },
  );

  it.each(['0.0.0.0', '::', '10.0.0.5', '', 'lake.example', '127.0.0.1.example'])(
    'is not shown to others without one: %j',
    (host) => {
      expect(findProblems(`web: { host: "${host}" }`)).toEqual([
        `web.host: must be a loopback address such as 127.0.0.1 while web.token is empty, got "${host}"`,
      ]);
      expect(findProblems(`web: { host: "${host}", token: long-enough }`)).toEqual([]);
    },
  );

  it('takes no token that is short, or that no header carries, and does not print it', () => {
    for (const token of ['canary', 'canary canary', 'canary-éééé']) {
      expect(findProblems(`web: { token: "${token}" }`)).toEqual([
        'web.token: must be 8 or more ASCII characters without spaces, got ***',
      ]);
    }
  });
});

describe('parseConfig', () => {
  it('has a default for everything, and cannot be changed afterwards', () => {
    const config = parseConfig('', {});
    expect(config.exchanges.binance).toEqual({
      symbols: defaultSymbols,
      channels: ['trade', 'bookTicker'],
    });
    expect(config.collector.rotate_seconds).toBe(60);
    expect(() => Object.assign(config.collector, { rotate_seconds: 1 })).toThrow(TypeError);
    expect(() => config.transformer.datasets.push('trades')).toThrow(TypeError);
  });

  it('reports all problems at once, path first, with the value got', () => {
    const text = `
      root: 5
      exchanges: { binance: { symbols: [BTCUSDT, btcusdt, BTCUSDT], ws_url: http://x } }
      collector: { rotate_seconds: 0, compress: brotli, flush_milliseconds: soon }
      transformer: { datasets: [trades], memory_limit: lots }
      cleanup: { schedule: "99 2 * * *" }
    `;
    expect(findProblems(text, { LOG_LEVEL: 'loud' })).toEqual([
      'LOG_LEVEL: must be one of error, warn, info, debug, got "loud"',
      'root: expected string, received number, got 5',
      'exchanges.binance.symbols.1: must be in capitals, as the exchange names it, got "btcusdt"',
      'exchanges.binance.symbols: must not name a symbol twice, got ["BTCUSDT","btcusdt","BTCUSDT"]',
      'exchanges.binance.ws_url: must be a URL that begins with ws:// or wss://, or several separated by commas, got "http://x"',
      'collector.rotate_seconds: Too small: expected number to be >0, got 0',
      'collector.flush_milliseconds: expected number, received string, got "soon"',
      'collector.compress: expected one of "none"|"gzip"|"zstd", got "brotli"',
      'transformer.datasets: must contain bars_1s, got ["trades"]',
      'transformer.memory_limit: must be a size such as 512MB or 2GB, got "lots"',
      'cleanup.schedule: must be a cron expression of five fields, got "99 2 * * *"',
    ]);
  });

  it.each(['/data/{a,b}', '/data/l*', '/data/a?', '/data/[1]', '/data/year=2020', '/a\\b'])(
    'refuses a folder that patterns of files would read as others: %s',
    (root) => {
      expect(findProblems(`root: '${root}'`)).toEqual([
        `root: must lead through no name with * ? [ ] { } = or \\, got ${JSON.stringify(root)}`,
      ]);
    },
  );

  it.each([
    ['colector: {}', 'colector: no such key; did you mean "collector"?'],
    [
      'collector: { rotate_second: 5 }',
      'collector.rotate_second: no such key; did you mean "collector.rotate_seconds"?',
    ],
    [
      'exchanges: { binance: { symbol: [BTCUSDT] } }',
      'exchanges.binance.symbol: no such key; did you mean "exchanges.binance.symbols"?',
    ],
    ['collector: { elephants: 5 }', 'collector.elephants: no such key'],
  ])('names the nearest valid key: %s', (text, problem) => {
    expect(findProblems(text)).toEqual([problem]);
  });

  it.each([
    ['a: 1\na: 2', '(syntax): Map keys must be unique at line 2, column 1'],
    [
      'root: /a\n\tcollector: {}',
      '(syntax): Tabs are not allowed as indentation at line 2, column 1',
    ],
    ['root: *nowhere', '(syntax): Unresolved alias'],
    ['collector: &c { rotate_seconds: *c }', '(syntax): Converting circular structure'],
    ['- root', '(top level): must be a mapping of keys'],
    ['exchanges: {}', 'exchanges: must name at least one exchange, got {}'],
    ['collector: 5', 'collector: expected object, received number, got 5'],
    ['exchanges: { binance: [BTCUSDT] }', 'exchanges.binance: expected object, received array'],
    ['cleanup: { schedule: "0 0 31 2 *" }', 'cleanup.schedule: must be a cron expression'],
  ])('says clearly what is wrong with %j', (text, problem) => {
    expect(findProblems(text)).toEqual([expect.stringContaining(problem)]);
  });

  it('takes a section or key that is left empty as not there', () => {
    expect(parseConfig('collector:\ntransformer:\n  threads:\n', {})).toEqual(parseConfig('', {}));
  });

  it('refuses a user and password in the address of an exchange, and does not show them', () => {
    const text = `exchanges: { binance: {
      ws_url: "wss://a.example, wss://user:canary@b.example",
      rest_url: "https://user:canary@c.example", archive_url: "https://canary@d.example" } }`;
    const problem = 'must hold no user and no password: an exchange is asked without, got ***';
    expect(findProblems(text)).toEqual([
      `exchanges.binance.ws_url: ${problem}`,
      `exchanges.binance.rest_url: ${problem}`,
      `exchanges.binance.archive_url: ${problem}`,
    ]);
  });

  it('never shows the value of a secret key', () => {
    const text = 'alerting: { webhook_url: [canary] }\nweb: { token: 1234567 }';
    expect(findProblems(text)).toEqual([
      'alerting.webhook_url: expected string, received array, got ***',
      'web.token: expected string, received number, got ***',
    ]);
  });
});

describe('overrides from the environment', () => {
  it('win over the file, as text, numbers, booleans and lists', () => {
    const config = parseConfig('root: /file\ncollector: { rotate_seconds: 5 }', {
      CRYPTO_LAKE_ROOT: '/environment',
      CRYPTO_LAKE_COLLECTOR__ROTATE_SECONDS: '7',
      CRYPTO_LAKE_TRANSFORMER__INTERVAL_MINUTES: '0.5',
      CRYPTO_LAKE_WEB__ENABLED: 'false',
      CRYPTO_LAKE_WEB__TOKEN: '12345678',
      CRYPTO_LAKE_EXCHANGES__BINANCE__SYMBOLS: 'BTCUSDT, ETHUSDT',
      CRYPTO_LAKE_EXCHANGES__BINANCE__CHANNELS: '[trade]',
      CRYPTO_LAKE_HEALTH__INTERVAL_SECONDS: '',
      UNRELATED: 'x',
    });
    expect(config.root).toBe('/environment');
    expect(config.collector).toMatchObject({ rotate_seconds: 7, flush_milliseconds: 200 });
    expect(config.transformer.interval_minutes).toBe(0.5);
    expect(config.web).toMatchObject({ enabled: false, token: '12345678' });
    expect(config.exchanges.binance?.symbols).toEqual(['BTCUSDT', 'ETHUSDT']);
    expect(config.exchanges.binance?.channels).toEqual(['trade']);
    expect(config.health.interval_seconds).toBe(60);
  });

  it('are reported with the variable they came from, misspelt ones with the nearest', () => {
    const problems = findProblems('', {
      CRYPTO_LAKE_COLLECTOR__ROTATE_SECONDS: 'soon',
      CRYPTO_LAKE_COLLECTOR__ROTATE_SECOND: '5',
      CRYPTO_LAKE_GCS_BUCKET_NAME: 'x',
      CRYPTO_LAKE_EXCHANGES__BINANCE__SYMBOLS: 'btcusdt',
    });
    expect(problems).toEqual([
      'CRYPTO_LAKE_COLLECTOR__ROTATE_SECOND: names no key of the configuration; did you mean ' +
        'CRYPTO_LAKE_COLLECTOR__ROTATE_SECONDS?',
      'CRYPTO_LAKE_GCS_BUCKET_NAME: names no key of the configuration',
      'exchanges.binance.symbols.0: must be in capitals, as the exchange names it, got "btcusdt" ' +
        'from CRYPTO_LAKE_EXCHANGES__BINANCE__SYMBOLS',
      'collector.rotate_seconds: expected number, received string, got "soon" from ' +
        'CRYPTO_LAKE_COLLECTOR__ROTATE_SECONDS',
    ]);
  });

  it('have PORT replace web.port, wherever that comes from', () => {
    const given = { PORT: '9000', CRYPTO_LAKE_WEB__PORT: '7000' };
    expect(parseConfig('web: { port: 5 }', given).web.port).toBe(9000);
    expect(parseConfig('web: { port: 5 }', { PORT: '' }).web.port).toBe(5);
    expect(findProblems('', { PORT: 'tcp://x' })).toEqual([
      'web.port: expected number, received string, got "tcp://x" from PORT',
    ]);
  });

  it('do not hide that the file has no mapping there', () => {
    const problems = findProblems('collector: 5', { CRYPTO_LAKE_COLLECTOR__ROTATE_SECONDS: '5' });
    expect(problems).toEqual(['collector: expected object, received number, got 5']);
  });
});
