// The real disk under a process that dies: after so many changes of the disk every further call fails, the
// clearing up of whoever is still running, too, as after a kill -9. To be put in place of `node:fs/promises`.

const real = process.getBuiltinModule('node:fs/promises');

/** `steps` counts the changes; the one after `diesAt` of them does not happen any more. */
export const life = { steps: 0, diesAt: Number.POSITIVE_INFINITY };

export class Killed extends Error {}

const changing = ['mkdir', 'rename', 'rm', 'unlink', 'link', 'rmdir', 'writeFile', 'copyFile'];
const changingOfFile = ['appendFile', 'writeFile', 'sync'];

type Call = (...args: unknown[]) => unknown;

function limit(call: Call, isChange: boolean): Call {
  return (...args) => {
    if (isChange) life.steps++;
    if (life.steps > life.diesAt) return Promise.reject(new Killed(`killed at ${life.diesAt}`));
    return call(...args);
  };
}

function wrap(): Record<string, unknown> {
  const wrapped: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(real)) {
    wrapped[name] =
      typeof member === 'function' ? limit(member as Call, changing.includes(name)) : member;
  }
  const open = limit(real.open as Call, false);
  wrapped.open = async (...args: unknown[]) => {
    const file = (await open(...args)) as Record<string, Call>;
    for (const name of changingOfFile) file[name] = limit(file[name]!.bind(file), true);
    return file;
  };
  return wrapped;
}

const promises = wrap();
export const mortalDisk = { ...promises, default: promises };
