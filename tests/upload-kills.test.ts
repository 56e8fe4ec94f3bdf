// kill -9 in the middle of an upload: the next one completes it. Nothing is half there, nothing is sent again
// that had arrived, and nothing here is touched.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { probeKey } from '../tools/store/probe.ts';
import { uploadSteps } from '../tools/upload/send-file.ts';
import { makeDescribedLake } from './described-lake.ts';
import { startGcsServer } from './store-servers/gcs-server.ts';
import { digestFolder, runUploadOf } from './upload-run.ts';

const kills = Number(process.env.LAKE_TEST_UPLOAD_KILLS ?? 0);
const program = join(import.meta.dirname, 'upload-killed.ts');

let pattern: string;
let local: Record<string, string>;

beforeAll(async () => {
  pattern = (await makeDescribedLake()).root;
  local = await digestLocal(pattern);
});

async function digestLocal(root: string): Promise<Record<string, string>> {
  const files = Object.entries(await digestFolder(root));
  return Object.fromEntries(files.filter(([key]) => /^(raw|parquet|trades)\//.test(key)));
}

async function copyLake(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'lake-'));
  await cp(pattern, root, { recursive: true });
  return root;
}

const start = (root: string, yaml: string, step = ''): ChildProcess =>
  spawn(process.execPath, [program, root, yaml, step], { stdio: ['ignore', 'ignore', 'inherit'] });

describe('an upload that is killed', () => {
  it('at every step is completed by the next one', async () => {
    const root = await copyLake();
    const there = `${root}-there`;
    await mkdir(there);
    const yaml = `folder: { path: ${there} }\nupload: { raw: true, concurrency: 2 }`;
    let arrived: Record<string, string> = {};
    for (const step of uploadSteps) {
      const [, signal] = await once(start(root, yaml, step), 'exit');
      expect(`${step} ${signal}`).toBe(`${step} SIGKILL`);
      const now = await digestFolder(there);
      // Whatever had arrived is what it was.
      expect(now).toMatchObject(arrived);
      arrived = withoutUploading(now);
    }
    expect(Object.keys(arrived).length).toBeGreaterThan(3);
    const inodes = await readInodes(there, arrived);
    expect((await runUploadOf(root, { yaml })).failures).toEqual([]);
    const copies = withoutUploading(await digestFolder(there));
    expect(await readInodes(there, arrived)).toEqual(inodes);
    const fresh = await copyLake();
    const other = `${fresh}-there`;
    await mkdir(other);
    await runUploadOf(fresh, { yaml: yaml.replace(there, other) });
    expect(copies).toEqual(await digestFolder(other));
    expect(await digestLocal(root)).toEqual(local);
    expect(await runUploadOf(root, { yaml })).toMatchObject({ objects: 0, failures: [] });
  });

  // A kill at any moment is in the long form alone: of a few, none hits what the steps do not.
  if (kills > 0)
    it(`at ${kills} random moments is completed by the next one`, killAtRandom, 600_000);
});

async function killAtRandom(): Promise<void> {
  const root = await copyLake();
  const server = await startGcsServer({ folder: `${root}-bucket`, bucket: 'b', maxPageSize: 3 });
  const { objects } = server;
  const yaml = `gcs: { bucket_name: b, api_endpoint: "${server.url}" }\nupload: { raw: true }`;
  let uploads = 0;
  const expectOnce = () => {
    // What a probe leaves that is killed, the next one takes away.
    const files = objects.names.filter((name) => name !== probeKey);
    const counts = files.map((name) => ({
      name,
      writes: objects.countWrites(name) - uploads,
    }));
    expect(counts.filter(({ writes }) => writes !== 1)).toEqual([]);
  };
  server.faults.add({ fault: { kind: 'slow', ms: 30 } });
  try {
    for (let kill = 0; kill < kills; kill++) {
      const child = start(root, yaml);
      const ended = once(child, 'exit');
      await Promise.race([ended, sleep(400 + Math.random() * 1000)]);
      child.kill('SIGKILL');
      await ended;
      expectOnce();
      if (kill % 3 !== 2 && kill !== kills - 1) continue;
      expect((await runUploadOf(root, { yaml })).failures).toEqual([]);
      expectOnce();
      expect(await runUploadOf(root, { yaml })).toMatchObject({ objects: 0, failures: [] });
      expect(await digestLocal(root)).toEqual(local);
      // As if nothing had been uploaded yet.
      await rm(join(root, 'state/upload'), { recursive: true });
      for (const name of objects.names) await objects.remove(name);
      uploads++;
    }
  } finally {
    await server.close();
  }
}

/** A file that was written again is another one. */
async function readInodes(folder: string, files: Record<string, string>): Promise<number[]> {
  const found = Object.keys(files).map((name) => stat(join(folder, name)));
  return (await Promise.all(found)).map(({ ino }) => ino);
}

/** Objects alone: what was cut off lies apart, and goes after a day. */
function withoutUploading(files: Record<string, string>): Record<string, string> {
  const objects = Object.entries(files).filter(([key]) => !key.startsWith('.uploading/'));
  return Object.fromEntries(objects);
}
