// Which texts are secret: by the configuration, by what the environment calls a secret, and by the content of
// the credential files that it names. Holds no effects.

export type Environment = Readonly<Record<string, string | undefined>>;

/** Shorter texts would strike out ordinary words. */
const minChars = 6;
/** A piece of a webhook's path so long is one that nobody can guess. */
const minPieceChars = 16;

const secretName = /SECRET|TOKEN|PASSW|PASSPHRASE|API_?KEY|ACCESS_KEY|PRIVATE_KEY|WEBHOOK/i;
const addressName = /_PROXY$|URL$|ENDPOINT$/i;
/** In a credentials file, JSON or INI. */
const secretLine =
  /["']?(?:private_key|private_key_id|client_secret|refresh_token|aws_[a-z_]*key[a-z_]*|aws_session_token|password|token)["']?\s*[:=]\s*["']?([^"'\r\n]+)/gi;

/** Environment variables that name a file of credentials. */
export const credentialFileVariables = [
  'GOOGLE_APPLICATION_CREDENTIALS',
  'AWS_SHARED_CREDENTIALS_FILE',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
] as const;

/** What the environment holds. */
export function findEnvironmentSecrets(environment: Environment): string[] {
  const found = Object.entries(environment).flatMap(([name, value = '']) => [
    ...(secretName.test(name) && !isFileName(name) ? [value] : []),
    ...(addressName.test(name) ? listAddressSecrets(value) : []),
  ]);
  return select(found);
}

/** What the configuration holds: its secrets, and those inside its addresses. */
export function findConfigSecrets(config: {
  alerting: { webhook_url: string };
  web: { token: string };
}): string[] {
  const webhook = config.alerting.webhook_url;
  // Failed requests are often reported by their path alone, which is the secret half of the address.
  const { pathname = '', search = '' } = URL.parse(webhook) ?? {};
  const pieces = pathname.split('/').filter((piece) => piece.length >= minPieceChars);
  const addresses = listTexts(config).flatMap(listAddressSecrets);
  return select([
    webhook,
    pathname,
    `${pathname}${search}`,
    ...pieces,
    config.web.token,
    ...addresses,
  ]);
}

/** What a file of credentials holds: the values of keys that are secret, or one token alone. */
export function findFileSecrets(text: string): string[] {
  const values = [...text.matchAll(secretLine)].map(([, value]) => value!);
  // A key of several lines is written with \n in JSON, and read as lines.
  const lines = values.flatMap((value) => value.split('\\n'));
  const alone = /^\s*\S+\s*$/.test(text) ? [text.trim()] : [];
  return select([...values, ...lines.filter((line) => !line.startsWith('-----')), ...alone]);
}

function isFileName(name: string): boolean {
  return /_(FILE|PATH|DIR)$/i.test(name);
}

/** Passwords and values of queries of the addresses in a text. */
function listAddressSecrets(text: string): string[] {
  return text.split(',').flatMap((one) => {
    const url = URL.parse(one.trim());
    if (url === null || !one.includes('//')) return [];
    const { username, password, search, searchParams } = url;
    const own = password === '' ? username : password;
    return [own, decode(own), search.slice(1), ...searchParams.values()];
  });
}

/** As it was meant; itself where it is not percent-encoded. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function listTexts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(listTexts);
}

function select(found: readonly string[]): string[] {
  return [...new Set(found.filter((secret) => secret.length >= minChars))];
}
