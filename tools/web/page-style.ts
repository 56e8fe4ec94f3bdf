// The style of the page, and the hash by which the content security policy allows it and nothing else.

import { createHash } from 'node:crypto';

const css = `
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 0 0 1.5rem; }
th, td { text-align: left; padding: .2rem 1rem .2rem 0; border-bottom: 1px solid #8884; }
td.figure { text-align: right; font-variant-numeric: tabular-nums; }
.healthy { color: #1a7f37; } .degraded { color: #9a6700; } .unhealthy { color: #cf222e; }
@media (prefers-color-scheme: dark) { body { background: #0d1117; color: #e6edf3; } }
`;

export const pageStyle = {
  css,
  hash: `'sha256-${createHash('sha256').update(css).digest('base64')}'`,
} as const;
