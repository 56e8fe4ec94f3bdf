// How much room the disk of the lake has, and when that is too little.

import { statfs } from 'node:fs/promises';

/** Bytes that this process may still write, and the size of the disk. */
export type DiskSpace = { freeBytes: number; bytes: number };

const minFreeBytes = 1e9;
/** With less, one write or the other fails. */
const fullBelowBytes = 16e6;

export async function readDiskSpace(path: string): Promise<DiskSpace> {
  const { bavail, blocks, bsize } = await statfs(path);
  return { freeBytes: bavail * bsize, bytes: blocks * bsize };
}

/** Whether there is no room even for a status file. */
export function isDiskFull({ freeBytes }: DiskSpace): boolean {
  return freeBytes < fullBelowBytes;
}

/** How many bytes have to go until the disk is not nearly full any more; 0 where it is not. */
export function planRoom({ freeBytes, bytes }: DiskSpace, alertPercent: number): number {
  const wantedBytes = Math.max(minFreeBytes, Math.ceil(bytes * (1 - alertPercent / 100)));
  return Math.max(0, wantedBytes - freeBytes);
}
