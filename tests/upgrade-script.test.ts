// deploy/upgrade.sh against docker and systemctl that are scripts (see fake-docker.sh): in which order it acts,
// and what it leaves where something fails. That the steps lose nothing is shown by upgrade.test.ts.

import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

const script = join(import.meta.dirname, '../deploy/upgrade.sh');
const fake = join(import.meta.dirname, 'fake-docker.sh');

let folder: string;
const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
const read = (name: string) => readFileSync(join(folder, name), 'utf8').trim();

/** A machine that runs the image `old`, with `new` to be had. */
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crypto-lake-upgrade-'));
  for (const name of ['bin', 'images', 'containers']) mkdirSync(join(folder, name));
  for (const name of ['docker', 'systemctl']) symlinkSync(fake, join(folder, 'bin', name));
  write('env', 'LAKE_IMAGE=crypto-lake:current\n');
  write('ids', 'old\nnew\n');
  write('images/crypto-lake_current', 'old\n');
  write('images/registry_crypto-lake_2', 'new\n');
  write('containers/crypto-lake', 'old\n');
  for (const name of ['deaf', 'sick', 'calls']) write(name, '');
});
afterEach(() => rm(folder, { recursive: true }));

function upgrade(name = 'registry/crypto-lake:2') {
  const env = {
    PATH: `${folder}/bin:${process.env.PATH}`,
    FAKE_FOLDER: folder,
    LAKE_ENV_FILE: join(folder, 'env'),
    LAKE_UPGRADE_SECONDS: '1',
  };
  const { status, stderr } = spawnSync('bash', [script, name], { env, encoding: 'utf8' });
  const steps = read('calls')
    .split('\n')
    .flatMap(
      (call) => /restart |run --detach|--mode import|docker stop|docker rm/.exec(call) ?? [],
    );
  const images = {
    runs: read('containers/crypto-lake'),
    tagged: read('images/crypto-lake_current'),
  };
  const hasBridge = existsSync(join(folder, 'containers/crypto-lake-bridge'));
  return { status, stderr, steps, images, hasBridge };
}

it('restarts while the bridge hears, imports what it heard, and only then removes it', () => {
  const { status, steps, images, hasBridge } = upgrade();
  expect({ status, images, hasBridge }).toEqual({
    status: 0,
    images: { runs: 'new', tagged: 'new' },
    hasBridge: false,
  });
  const order = ['run --detach', 'restart ', 'docker stop', '--mode import', 'docker rm'];
  expect(steps).toEqual(order);
  expect(read('images/crypto-lake_previous')).toBe('old');
});

it('rolls back to the image before, though its tag moves meanwhile', () => {
  upgrade();
  expect(upgrade('crypto-lake:previous')).toMatchObject({
    status: 0,
    images: { runs: 'old', tagged: 'old' },
  });
  expect(read('images/crypto-lake_previous')).toBe('new');
});

it('loads an image from a file', () => {
  write('crypto-lake-2.tar', 'registry/crypto-lake:2');
  expect(upgrade(join(folder, 'crypto-lake-2.tar'))).toMatchObject({
    status: 0,
    images: { runs: 'new' },
  });
});

it('changes nothing where there is no such image', () => {
  const { status, steps, images, stderr } = upgrade('registry/crypto-lake:3');
  expect({ status, steps, images }).toEqual({
    status: 1,
    steps: [],
    images: { runs: 'old', tagged: 'old' },
  });
  expect(stderr).toContain('no image registry/crypto-lake:3');
});

it('leaves the lake alone where the new version hears nothing', () => {
  write('deaf', 'new\n');
  const { status, steps, images, hasBridge } = upgrade();
  expect({ status, images, hasBridge }).toEqual({
    status: 1,
    images: { runs: 'old', tagged: 'old' },
    hasBridge: false,
  });
  expect(steps).not.toContain('restart ');
});

it('puts the old version back where the new one is not healthy, and imports all the same', () => {
  write('sick', 'new\n');
  const { status, steps, images, hasBridge } = upgrade();
  expect({ status, images, hasBridge }).toEqual({
    status: 1,
    images: { runs: 'old', tagged: 'old' },
    hasBridge: false,
  });
  expect(steps.filter((step) => step === 'restart ')).toHaveLength(2);
  expect(steps.indexOf('--mode import')).toBeGreaterThan(steps.lastIndexOf('restart '));
});

it('keeps what was not imported, and imports it first the next time', async () => {
  write('no-import', '');
  expect(upgrade()).toMatchObject({ status: 3, hasBridge: true });
  expect(read('calls')).not.toMatch(/--entrypoint rm|docker rm/);
  await rm(join(folder, 'no-import'));
  write('calls', '');
  const { status, steps, hasBridge } = upgrade();
  expect({ status, hasBridge }).toEqual({ status: 0, hasBridge: false });
  expect(steps.indexOf('--mode import')).toBeLessThan(steps.indexOf('restart '));
  // Run again with what runs already, it keeps the way back.
  expect(read('images/crypto-lake_previous')).toBe('old');
});

it('goes on where it was killed before the bridge heard anything, or after its parts were removed', () => {
  write('containers/crypto-lake-bridge', 'new\n');
  write('no-parts', '');
  const { status, images, hasBridge } = upgrade();
  expect({ status, images, hasBridge }).toEqual({
    status: 0,
    images: { runs: 'new', tagged: 'new' },
    hasBridge: false,
  });
});

it('leaves the bridge to the upgrade that is under way', () => {
  write('containers/crypto-lake-bridge', 'new\n');
  const other = openSync(join(folder, 'env'), 'r');
  try {
    expect(spawnSync('flock', ['--nonblock', '3'], { stdio: ['ignore', 1, 2, other] }).status).toBe(
      0,
    );
    const { status, steps, stderr, hasBridge } = upgrade();
    expect({ status, steps, hasBridge }).toEqual({ status: 1, steps: [], hasBridge: true });
    expect(stderr).toContain('another upgrade is under way');
  } finally {
    closeSync(other);
  }
});
