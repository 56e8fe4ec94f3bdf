// JSON that may be damaged: files that a crash or a person can have left in any state are read by this,
// and what they should look like is said by a schema. Holds no effects.

/** The value; undefined where `text` is no JSON, which no schema of ours takes. */
export function findJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
