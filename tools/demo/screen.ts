// The demo's output: text that stays, and one live line below it. On a terminal the line is drawn anew
// in its place; elsewhere it is printed every few seconds.

export type Screen = {
  print(text: string): void;
  /** Shows the live line. */
  show(line: string): void;
  /** Leaves the live line where it is. */
  end(): void;
};

type Output = { isTTY?: boolean; columns?: number; write(text: string): unknown };

const printEveryMs = 5000;
const eraseLine = '\r\u001b[K';

export function openScreen(output: Output, nowMs: () => number): Screen {
  let shown = '';
  let printedAtMs = Number.NEGATIVE_INFINITY;
  return {
    print(text) {
      output.write(shown === '' ? `${text}\n` : `${eraseLine}${text}\n${shown}`);
    },
    show(line) {
      if (output.isTTY === true) {
        shown = line.slice(0, Math.max(20, (output.columns || 80) - 1));
        output.write(`${eraseLine}${shown}`);
      } else if (nowMs() - printedAtMs >= printEveryMs) {
        printedAtMs = nowMs();
        output.write(`${line}\n`);
      }
    },
    end() {
      if (shown !== '') output.write('\n');
      shown = '';
    },
  };
}
