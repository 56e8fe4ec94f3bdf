// Where the program lies that processes of it are started from. Holds no effects.

import { extname, join } from 'node:path';

/** `main.ts`, or `main.js` where the program runs as the package has it. */
export const programPath = join(import.meta.dirname, '..', `main${extname(import.meta.filename)}`);
