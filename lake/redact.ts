// Strikes secrets out of a text: those that are known, and whatever has the shape of one. Holds no effects.

/** Shapes of secrets, and what stays of each. */
const shapes: readonly [RegExp, string][] = [
  // User and password of an address. Stream names hold an @ as well, but only after a / or ?.
  [/\/\/[^\s/?#"]+@/g, '//***@'],
  // Signed or tokenised addresses: the value of a query's key that sounds like one.
  [
    /([?&][^=&\s"]*(?:token|signature|secret|credential|passw|key|sig|auth|upload_id)[^=&\s"]*=)[^&\s"]+/gi,
    '$1***',
  ],
  [/\b(Bearer\s+)[\w.~+/=-]{16,}/gi, '$1***'],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, '***'],
  // What V8 quotes of a text that is no JSON: a credentials file, for one.
  [/, (?:\.\.\.)?\\?"[\s\S]{0,120}?\\?"(?:\.\.\.)? is not valid JSON/g, ', *** is not valid JSON'],
];

/** Replaces every secret in `text`, raw, JSON-escaped or percent-encoded, by `***`. */
export function redact(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const [shape, rest] of shapes) clean = clean.replace(shape, rest);
  for (const secret of secrets) {
    const escaped = JSON.stringify(secret).slice(1, -1);
    for (const form of [secret, escaped, encodeURIComponent(secret)]) {
      clean = clean.replaceAll(form, '***');
    }
  }
  return clean;
}
