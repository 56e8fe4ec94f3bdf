// Tokens for Google's interfaces: a server that exchanges the credentials of an outside identity for tokens, as
// Google's security token service does, and that can call them all in.
// https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token (2026-11-20)

import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { readText } from './exchange.ts';

export type TokenServer = {
  /** The file that GOOGLE_APPLICATION_CREDENTIALS is to name. */
  credentialsPath: string;
  accepts(authorization: string | undefined): boolean;
  /** No token that was given is accepted any more. */
  revoke(): void;
  /** From now on every request is answered with that status; 200 for as it should be. */
  answerWith(status: number): void;
  close(): Promise<void>;
};

export async function startTokenServer(folder: string, subjectToken: string): Promise<TokenServer> {
  let valid = new Set<string>();
  let status = 200;
  const server = createServer(async (request, response) => {
    const form = new URLSearchParams(await readText(request));
    const isKnown = form.get('subject_token') === subjectToken;
    const json = { 'Content-Type': 'application/json' };
    if (status !== 200 || !isKnown) {
      response.writeHead(isKnown ? status : 400, json).end('{"error":"invalid_grant"}');
      return;
    }
    const token = `ya29.${randomUUID()}`;
    valid.add(token);
    const type = 'urn:ietf:params:oauth:token-type:access_token';
    const body = {
      access_token: token,
      issued_token_type: type,
      token_type: 'Bearer',
      expires_in: 3600,
    };
    response.writeHead(200, json).end(JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/token`;
  const credentialsPath = await writeCredentials(folder, url, subjectToken);
  return {
    credentialsPath,
    accepts: (authorization) => valid.has(authorization?.replace(/^Bearer /, '') ?? ''),
    revoke: () => {
      valid = new Set();
    },
    answerWith: (next) => {
      status = next;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

async function writeCredentials(
  folder: string,
  url: string,
  subjectToken: string,
): Promise<string> {
  const subjectPath = join(folder, 'subject-token');
  await writeFile(subjectPath, subjectToken);
  const credentialsPath = join(folder, 'credentials.json');
  const credentials = {
    type: 'external_account',
    audience:
      '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: url,
    credential_source: { file: subjectPath },
  };
  await writeFile(credentialsPath, JSON.stringify(credentials));
  return credentialsPath;
}
