// What is done with a lake after its orchestrator has stopped, before it is judged: what is left is
// transformed, what is missing is fetched, and everything is verified, by the modes a person would run.

import { tryMode } from '../program/program.ts';

export type Completion = { problems: string[] };

const modes = ['transform', 'backfill', 'verify'] as const;

export async function completeLake(root: string): Promise<Completion> {
  const problems: string[] = [];
  for (const mode of modes) {
    const { code, stdout, stderr } = await tryMode(mode, root, []);
    const said = mode === 'verify' ? `${stderr}${stdout}` : stderr;
    if (code !== 0) problems.push(`--mode ${mode} ended with ${code}: ${said.trim()}`);
  }
  return { problems };
}
