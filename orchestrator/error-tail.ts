// The last lines by which a service told of errors: those of its log, and what it wrote to stderr.
// Bounded in number and length. Holds no effects.

const maxLines = 20;
const maxChars = 500;

export class ErrorTail {
  #lines: string[] = [];
  /** Text after the last newline. */
  #torn = '';

  get lines(): readonly string[] {
    return this.#lines;
  }

  addLine(line: string): void {
    if (line.trim() === '') return;
    this.#lines = [...this.#lines, line.slice(0, maxChars)].slice(-maxLines);
  }

  /** Takes any piece of text, and its lines as they become whole. */
  addText(text: string): void {
    const lines = (this.#torn + text).split('\n');
    this.#torn = lines.pop()!.slice(0, maxChars);
    for (const line of lines) this.addLine(line);
  }
}
