// Canaries in every secret a lake can be given: the modes that touch them are run into errors, and everything
// that anybody could read afterwards is searched. The longest of them where LAKE_TEST_ALERTS is `all`.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { glob, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { openReceiver, type Receiver } from './alert-receiver.ts';

const program = join(import.meta.dirname, '..', 'main.ts');

const all = process.env.LAKE_TEST_ALERTS === 'all';
/** Where the secrets were put. */
const given = ['google.json', 'config.yml'];
/** Whatever of these appears anywhere has leaked. */
const canaries = /can[a4]ry/i;
const pem = [
  '-----BEGIN PRIVATE KEY-----',
  'MIICanaryFirstLineOfAKey0123456789',
  'CanarySecondLineOfAKey0123456789AB',
  '-----END PRIVATE KEY-----',
  '',
].join('\n');

let root: string;
let receiver: Receiver;
let refusing: ReturnType<typeof createServer>;
let environment: NodeJS.ProcessEnv;
let seen: string[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'lake-secrets-'));
  receiver = await openReceiver(
    '/services/T0/canary-of-the-path-0123456789?key=canary-of-the-query',
  );
  seen = [];
  // Gives back what it is asked, as careless servers do.
  refusing = createServer((request, response) => {
    response.writeHead(403).end(`refused: ${request.url} ${JSON.stringify(request.headers)}`);
  });
  await new Promise<void>((done) => refusing.listen(0, '127.0.0.1', done));
  const host = `127.0.0.1:${(refusing.address() as AddressInfo).port}`;
  const credentials = join(root, 'google.json');
  await writeFile(
    credentials,
    JSON.stringify({
      type: 'service_account',
      client_email: 'lake@project.example',
      private_key_id: 'canary-key-id-0123456789',
      private_key: pem,
      token_uri: `http://${host}/token?assertion=canary-of-the-token`,
    }),
  );
  environment = {
    PATH: process.env.PATH,
    HOME: root,
    AWS_ACCESS_KEY_ID: 'CANARYACCESSKEYID000',
    AWS_SECRET_ACCESS_KEY: 'canary/secret+access=key',
    AWS_SESSION_TOKEN: 'canary-session-token',
    AWS_EC2_METADATA_DISABLED: 'true',
    GOOGLE_APPLICATION_CREDENTIALS: credentials,
    HTTPS_PROXY: `http://lake:canary-of-the-proxy@${host}`,
    CRYPTO_LAKE_ALERTING__WEBHOOK_URL: receiver.url,
    CRYPTO_LAKE_WEB__TOKEN: 'canary-web-token',
    CRYPTO_LAKE_GCS__API_ENDPOINT: `http://lake:canary-gcs@${host}`,
    CRYPTO_LAKE_S3__ENDPOINT: `http://lake:canary-s3@${host}/?x=canary-s3-query`,
  };
  const addresses = {
    ws_url: `ws://${host}/ws?apikey=canary-ws-query`,
    rest_url: `http://${host}/?key=canary-rest`,
    archive_url: `http://${host}/?who=canary-archive`,
  };
  await writeFile(
    join(root, 'config.yml'),
    stringify({
      root,
      exchanges: { binance: { symbols: ['BTCUSDT'], ...addresses } },
      health: { interval_seconds: 1 },
      transformer: { interval_minutes: 0.02 },
      reconcile: { interval_minutes: 0.02 },
      cleanup: { disk_alert_percent: 1 },
      web: { port: 0 },
      alerting: { gap_minutes: 0.01 },
      upload: { raw: true, raw_batch_seconds: 1 },
      gcs: { bucket_name: 'lake' },
      s3: { bucket_name: 'lake', region: 'eu-west-1' },
    }),
  );
});
afterEach(async () => {
  await receiver.close();
  refusing.closeAllConnections();
  await new Promise((done) => refusing.close(done));
  await rm(root, { recursive: true });
});

/** Runs the program within a bound; what it said is kept for the search. */
function run(args: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<string> {
  return new Promise((resolve) => {
    const options = { cwd: root, env: { ...environment, ...more }, timeout: 20_000 };
    execFile(process.execPath, [program, ...args], options, (_error, stdout, stderr) => {
      seen.push(`${args.join(' ')}\n${stdout}${stderr}`);
      resolve(stdout + stderr);
    });
  });
}

/** Every place of a canary: in what was said, in the files of the lake, in bodies of alerts. */
async function findLeaks(): Promise<string[]> {
  const leaks = [...seen, ...receiver.seen.map((message) => JSON.stringify(message))].flatMap(
    (text) => text.split('\n').filter((line) => canaries.test(line)),
  );
  for await (const path of glob(join(root, '**/*'))) {
    if (given.includes(basename(path))) continue;
    const text = await readFile(path, 'latin1').catch(() => '');
    const lines = text.split('\n').filter((line) => canaries.test(line));
    leaks.push(...lines.map((line) => `${path}: ${line.slice(0, 400)}`));
  }
  return leaks;
}

describe('secrets', () => {
  it.runIf(all)(
    'stand in nothing that a failing lake says, writes or sends',
    async () => {
      const child = spawn(process.execPath, [program, '--mode', 'orchestrate'], {
        cwd: root,
        env: { ...environment, LOG_LEVEL: 'debug' },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const said: string[] = [];
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => said.push(text));
      }
      const ended = once(child, 'exit');
      const modes = [
        ['check', '--alert'],
        ['upload'],
        ['health', '--alert'],
        ['reconcile'],
        ['backfill'],
        ['plan'],
      ];
      for (const [mode, ...args] of modes) await run(['--mode', mode!, ...args]);
      await receiver.until(2);
      child.kill('SIGTERM');
      await ended;
      seen.push(said.join(''));
      expect(seen.join('\n').length).toBeGreaterThan(2000);
      expect(await findLeaks()).toEqual([]);
      expect(receiver.received.length).toBeGreaterThan(1);
    },
    120_000,
  );

  it('stand in no error of the configuration, the command line or the help', async () => {
    if (all) await run(['--help']);
    await run(['--mode', 'check', '--nonsense']);
    const wrong = await run(['--mode', 'check'], {
      CRYPTO_LAKE_ALERTING__WEBHOOK_URL: 'htp://canary-hook',
      CRYPTO_LAKE_S3__ENDPOINT: 'htp://lake:canary-s3@host/?q=canary-q',
      CRYPTO_LAKE_GCS__API_ENDPOINT: 'lake:canary-gcs@host',
      CRYPTO_LAKE_WEB__TOKEN: '[canary-token]',
      CRYPTO_LAKE_WEB__PORT: 'high',
    });
    expect(wrong).toContain('web.port');
    await writeFile(
      join(root, 'config.yml'),
      'web: { token: "canary-yaml" "canary-more" }\n- x: canary',
    );
    expect(await run(['--mode', 'check'])).toContain('(syntax)');
    await writeFile(join(root, 'config.yml'), 'web: {\n  token: canary-yaml: canary: [\n');
    expect(await run(['--mode', 'check'])).toContain('(syntax)');
    expect(seen.join('\n')).not.toMatch(canaries);
  }, 60_000);

  it('stand in no complaint of a credentials file that is damaged', async () => {
    const text = `{"type":"service_account","private_key":"${pem.replaceAll('\n', '\\n')}" oops canary}`;
    await writeFile(environment.GOOGLE_APPLICATION_CREDENTIALS!, text);
    await run(['--mode', 'upload']);
    if (all) await run(['--mode', 'check']);
    expect(seen.join('\n')).toContain('gs://');
    expect(await findLeaks()).toEqual([]);
  }, 60_000);
});
