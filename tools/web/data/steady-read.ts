// Reads files that others replace by rename: what was read while one of them was replaced is neither of the old one
// nor of the new one, and is read again.

/** What is in the way of an answer: replaced files, once a second at most. */
const maxAttempts = 4;

/** Gives `read` the files, again where `format` says that they are others meanwhile. Throws what `read` throws. */
export async function readSteadily<Files, Value>(
  list: () => Files,
  format: (files: Files) => string,
  read: (files: Files) => Promise<Value>,
): Promise<Value> {
  for (let attempt = 1; ; attempt++) {
    const files = list();
    const isSteady = () => attempt === maxAttempts || format(list()) === format(files);
    try {
      const value = await read(files);
      if (isSteady()) return value;
    } catch (thrown) {
      if (isSteady()) throw thrown;
    }
  }
}
