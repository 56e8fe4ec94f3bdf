// Writes `docs/data-dictionary.md` anew: `npm run docs`.

import { writeFileSync } from 'node:fs';
import { dictionaryPath, formatDictionary, readDictionary } from './data-dictionary.ts';

writeFileSync(dictionaryPath, formatDictionary(await readDictionary()));
