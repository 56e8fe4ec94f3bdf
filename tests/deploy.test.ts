// What is said in Dockerfile and deploy/ holds for this program: modes, options, variables, times and limits
// are its own. With LAKE_TEST_DEPLOY=1 systemd, cloud-init and shellcheck judge their files, too; their
// packages have to be installed then. That the image works is shown by tests/container/run.sh.

import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Cron } from 'croner';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { readOverrides } from '../lake/config-environment.ts';
import { optionTypes, parseModeName } from '../modes.ts';
import { defaultLimits } from '../orchestrator/supervision.ts';
import { readSourceFiles } from './source-files.ts';

const repository = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(repository, path), 'utf8');

const patterns = [
  'Dockerfile',
  'deploy/*.*',
  'deploy/kubernetes/*',
  'tests/container/*',
  'docs/*.md',
];
const files = globSync(patterns, { cwd: repository }).sort();
const scripts = globSync(['.ci/run', '{deploy,tests}/**/*.sh', 'tests/stand-ins/*'], {
  cwd: repository,
});
const unit = read('deploy/crypto-lake.service');

/** Values of a key of the unit, in order; lines that go on are joined. */
function listUnit(key: string): string[] {
  const lines = unit.replace(/\\\n\s*/g, '').split('\n');
  return lines.flatMap((line) => (line.startsWith(`${key}=`) ? [line.slice(key.length + 1)] : []));
}

/** Command lines, arguments separated by spaces, as a YAML or JSON list, or by gcloud's commas. */
function findCommands(text: string): string[][] {
  const commands = text.matchAll(/--mode("?, "?| |,)([a-z][a-z-]*)((?:\1[^\s,"'`\])|>&]+)*)/g);
  return [...commands].map(([, separator, mode, rest]) => [mode!, ...rest!.split(separator!)]);
}

describe('deploy/', () => {
  it('names modes and options that exist, of the mode they are given to', () => {
    const commands = files.flatMap((path) => findCommands(read(path)));
    expect(commands.length).toBeGreaterThan(30);
    for (const [mode, ...rest] of commands) {
      const names = rest.flatMap((word) => (/^--(.+)$/.exec(word)?.[1] ?? []) as string[] | string);
      for (const name of names) expect(optionTypes).toHaveProperty(name);
      const given = Object.fromEntries(names.map((name) => [name, true]));
      expect(() => parseModeName({ ...given, mode: mode! }, [])).not.toThrow();
    }
  });

  it('finds commands in every form', () => {
    const text = `run --mode upload --dry-run | tee\n["--mode", "health"]\n--args=--mode,web --x=y\n
      args: [--mode, verify]`;
    expect(findCommands(text)).toEqual([
      ['upload', '', '--dry-run'],
      ['health', ''],
      ['web', ''],
      ['verify', ''],
    ]);
  });

  it('names variables that are keys of the configuration', () => {
    const named = files.flatMap((path) => [...read(path).matchAll(/\bCRYPTO_LAKE_[A-Z0-9_]+/g)]);
    const variables = new Set(
      named.map(([name]) => name).filter((name) => !refused.includes(name)),
    );
    const problems: string[] = [];
    readOverrides(Object.fromEntries([...variables].map((name) => [name, ''])), problems);
    expect(variables.size).toBeGreaterThan(6);
    expect(problems).toEqual([]);
  });

  it('names files that exist', () => {
    const named = [...read('deploy/README.md').matchAll(/^\| `([^`/][^`]*)` \| .*\|$/gm)];
    const paths = named.map(([, path]) => `deploy/${path}`);
    expect(paths.length).toBeGreaterThan(6);
    for (const path of paths) expect(globSync(path, { cwd: repository })).not.toEqual([]);
  });

  it('has crontab lines that cron understands, those commented out as well', () => {
    const lines = read('deploy/crontab.example').matchAll(
      /^#?((?:[\d*/-]+ +){5})root +\$LAKE --mode/gm,
    );
    const times = [...lines].map(([, time]) => time!.trim().replace(/ +/g, ' '));
    expect(times).toHaveLength(8);
    for (const time of times) expect(new Cron(time, { mode: '5-part' }).nextRun()).not.toBeNull();
  });
});

/** Given on purpose, to see it refused. */
const refused = ['CRYPTO_LAKE_COLECTOR__ROTATE_SECONDS'];

describe('the unit', () => {
  it('gives the lake more time to stop than the lake takes, and Docker less than systemd', () => {
    // Those that run always, then the jobs; and five seconds for each where it has to be killed.
    const lakeSeconds = 2 * (defaultLimits.stopWithinMs / 1000 + 5);
    const [run] = listUnit('ExecStart');
    const dockerSeconds = [
      Number(/--time (\d+)/.exec(listUnit('ExecStop')[0]!)![1]),
      Number(/--stop-timeout (\d+)/.exec(run!)![1]),
    ];
    for (const seconds of dockerSeconds) {
      expect(seconds).toBeGreaterThan(lakeSeconds);
      expect(Number(listUnit('TimeoutStopSec'))).toBeGreaterThan(seconds);
    }
  });

  it('starts again after 10 s where the lake failed, and not where command line or configuration is wrong', () => {
    expect(listUnit('Restart')).toEqual(['on-failure']);
    expect(listUnit('RestartSec')).toEqual(['10']);
    expect(listUnit('RestartPreventExitStatus')).toEqual(['2 78']);
    expect(listUnit('StartLimitIntervalSec')).toEqual(['0']);
  });

  it('runs the container without rights, on a read-only root, within its memory', () => {
    const [run] = listUnit('ExecStart');
    const wanted = [
      '--read-only',
      '--cap-drop ALL',
      '--security-opt no-new-privileges',
      '--memory $',
      '--tmpfs /tmp:',
    ];
    for (const flag of wanted) expect(run).toContain(flag);
    expect(read('Dockerfile')).toMatch(/^USER 10001:10001$/m);
  });

  it('and the upgrade script mean the same container and image', () => {
    const upgrade = read('deploy/upgrade.sh');
    const [run] = listUnit('ExecStart');
    const [, container] = /\$\{LAKE_CONTAINER:-(.*)\}/.exec(upgrade)!;
    const [, image] = /\$\{image:-(.*)\}/.exec(upgrade)!;
    expect(run).toContain(`--name ${container} `);
    expect(listUnit('Environment')[0]).toContain(`LAKE_IMAGE=${image} `);
    expect(read('deploy/crypto-lake.env.example')).toContain(`\nLAKE_IMAGE=${image}\n`);
  });
});

it('the S3 policy allows what the store asks for, and nothing else', () => {
  const permissions: Record<string, string> = {
    AbortMultipartUpload: 's3:AbortMultipartUpload',
    DeleteObject: 's3:DeleteObject',
    GetObject: 's3:GetObject',
    HeadObject: 's3:GetObject',
    ListObjectsV2: 's3:ListBucket',
    // And the steps of an upload in parts.
    PutObject: 's3:PutObject',
  };
  const stores = readSourceFiles().filter(({ path }) => /^tools\/store\/s3-\w+\.ts$/.test(path));
  const asked = stores.flatMap(({ code }) =>
    [...code.matchAll(/\b(\w+)Command\b/g)].map(([, name]) => permissions[name!] ?? name!),
  );
  const { Statement: statements } = JSON.parse(read('deploy/s3-policy.json'));
  const allowed = statements.flatMap(({ Action }: { Action: string | string[] }) => Action);
  expect(new Set(allowed)).toEqual(new Set(asked));
});

it('the image holds every file of the program, and no file of tests', () => {
  const rules = read('.dockerignore').split('\n');
  const kept = rules.flatMap((rule) => (rule.startsWith('!') ? [rule.slice(1)] : []));
  const isInImage = (path: string) =>
    kept.some((name) => path === name || path.startsWith(`${name}/`)) && !path.endsWith('.test.ts');
  expect(rules).toContain('**/*.test.ts');
  const program = readSourceFiles().filter(
    ({ path, isTest }) => !isTest && !path.startsWith('bench/'),
  );
  expect(program.filter(({ path }) => !isInImage(path))).toEqual([]);
  expect(['tests', 'bench', 'docs', 'node_modules'].filter((name) => isInImage(name))).toEqual([]);
  for (const path of ['package.json', 'package-lock.json', 'config.yml', 'deploy/install.sh'])
    expect(isInImage(path)).toBe(true);
});

describe('Kubernetes', () => {
  type Container = {
    securityContext: object;
    volumeMounts: { name: string; mountPath: string }[];
  };
  type Pod = {
    terminationGracePeriodSeconds?: number;
    securityContext: object;
    containers: Container[];
    volumes: { name: string; persistentVolumeClaim?: { claimName: string } }[];
  };
  const documents = (name: string) =>
    parseAllDocuments(read(`deploy/kubernetes/${name}.yml`)).map((document) => {
      expect(document.errors).toEqual([]);
      return document.toJS();
    });
  const set = documents('lake').find(({ kind }) => kind === 'StatefulSet');
  const [cronJob] = documents('jobs');
  const claim = set.spec.volumeClaimTemplates[0].metadata.name;
  const lake: Pod = set.spec.template.spec;
  const job: Pod = cronJob.spec.jobTemplate.spec.template.spec;

  it.each([
    ['the lake', lake],
    ['a job', job],
  ])('runs %s without rights, on a read-only root, and mounts what there is', (_name, pod) => {
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 10001 });
    const volumes = [claim, ...pod.volumes.map(({ name }) => name)];
    for (const { securityContext, volumeMounts } of pod.containers) {
      expect(securityContext).toMatchObject({
        readOnlyRootFilesystem: true,
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
      });
      const paths = volumeMounts.map(({ mountPath }) => mountPath).sort();
      expect(paths).toEqual(['/data', '/etc/crypto-lake', '/tmp']);
      for (const { name } of volumeMounts) expect(volumes).toContain(name);
    }
  });

  it('has one lake per disk, time for it to stop, and jobs on the same disk', () => {
    expect(set.spec.replicas).toBe(1);
    expect(lake.terminationGracePeriodSeconds).toBeGreaterThan(30);
    const claimed = job.volumes.map(
      ({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName,
    );
    expect(claimed).toContain(`${claim}-${set.metadata.name}-0`);
  });
});

describe.runIf(process.env.LAKE_TEST_DEPLOY === '1')('with the judges of their own', () => {
  const run = promisify(execFile);

  it('systemd takes the unit', async ({ onTestFinished }) => {
    const folder = await mkdtemp(join(tmpdir(), 'crypto-lake-unit-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    // Docker itself need not be here.
    const path = join(folder, 'crypto-lake.service');
    await writeFile(path, unit.replaceAll('/usr/bin/docker', '/bin/true'));
    await writeFile(join(folder, 'docker.service'), '[Service]\nExecStart=/bin/true\n');
    const { stdout, stderr } = await run('systemd-analyze', ['verify', path]);
    expect(`${stdout}${stderr}`).toBe('');
  });

  it('installs from the image, the environment for root alone, and keeps both when it runs again', async ({
    onTestFinished,
  }) => {
    const folder = await mkdtemp(join(tmpdir(), 'crypto-lake-install-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    for (const path of ['etc/default', 'etc/systemd/system', 'usr/local/sbin', 'bin'])
      await mkdir(join(folder, path), { recursive: true });
    // The image is the repository.
    await symlink(repository, join(folder, 'app'));
    const docker = 'for last; do :; done; if [ "$1" = run ]; then cat "$DESTDIR$last"; fi\n';
    const fakes = { docker: `#!/bin/bash\n${docker}`, systemctl: '#!/bin/bash\n' };
    for (const [name, text] of Object.entries(fakes))
      await writeFile(join(folder, 'bin', name), text, { mode: 0o755 });
    const PATH = `${folder}/bin:${process.env.PATH}`;
    const env = { ...process.env, DESTDIR: folder, PATH };
    const install = () => run(join(repository, 'deploy/install.sh'), ['image'], { env });
    await install();
    const environment = join(folder, 'etc/default/crypto-lake');
    expect((await stat(environment)).mode & 0o777).toBe(0o600);
    expect(await stat(join(folder, 'data'))).toMatchObject({ uid: 10001, gid: 10001 });
    const ours = ['etc/default/crypto-lake', 'etc/crypto-lake/config.yml'];
    for (const path of ours) await writeFile(join(folder, path), 'ours\n');
    const installedUnit = join(folder, 'etc/systemd/system/crypto-lake.service');
    await writeFile(installedUnit, 'of an older version\n');
    await install();
    for (const path of ours) expect(await readFile(join(folder, path), 'utf8')).toBe('ours\n');
    expect(await readFile(installedUnit, 'utf8')).toBe(unit);
  });

  it('cloud-init takes its configuration', async () => {
    const path = join(repository, 'deploy/cloud-init.yml');
    const { stdout } = await run('cloud-init', ['schema', '--config-file', path]);
    expect(stdout).toMatch(/^Valid (cloud-config|schema)/);
  });

  it('shellcheck finds nothing in any script, nor in the one of the first boot', async ({
    onTestFinished,
  }) => {
    const folder = await mkdtemp(join(tmpdir(), 'crypto-lake-script-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const firstBoot = join(folder, 'first-boot.sh');
    const { write_files } = parse(read('deploy/cloud-init.yml'));
    await writeFile(firstBoot, write_files[0].content);
    const paths = [...scripts.map((path) => join(repository, path)), firstBoot];
    expect(paths.length).toBeGreaterThan(5);
    const options = ['--external-sources', '--source-path', repository];
    await run('shellcheck', [...options, ...paths], { cwd: repository });
  });
});
