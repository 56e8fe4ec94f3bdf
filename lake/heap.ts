// How much memory V8 takes before it looks for what is no longer used. Left to itself it lets the young
// generation grow to 128 MB, and the old one to twice what is in use, whatever the machine has.

import { setFlagsFromString } from 'node:v8';

/**
 * Has the young generation stay as small as it is when this is called, and the old one grow by half at
 * most before it is collected. For the whole process, at the cost of some CPU.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=50');
}
