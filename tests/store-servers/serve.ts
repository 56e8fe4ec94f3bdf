// A store's server as a process of its own, for what measures its client: `node serve.ts gcs|s3 FOLDER`. Says
// where it listens and ends with its parent.

import { startGcsServer } from './gcs-server.ts';
import { startS3Server } from './s3-server.ts';

const [kind, folder] = process.argv.slice(2);
const start = kind === 'gcs' ? startGcsServer : startS3Server;
const { url } = await start({ folder: folder!, bucket: 'bench' });
process.once('disconnect', () => process.exit());
process.send!({ url });
