// How many columns of a terminal a text takes, and texts cut to that many. Holds no effects.

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
/** Drawn over two columns: East Asian wide and full-width forms (Unicode 16, EastAsianWidth.txt), and emoji. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{16fe0}-\u{18cff}\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u;
const plain = /^[\x20-\x7e]*$/;

export function measureText(text: string): number {
  if (plain.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += measureGrapheme(segment);
  return width;
}

function measureGrapheme(grapheme: string): number {
  if (wide.test(grapheme)) return 2;
  return /^\p{M}/u.test(grapheme) ? 0 : 1;
}

/** The text, or its beginning and an ellipsis where it is wider than `width`. */
export function cutText(text: string, width: number): string {
  if (measureText(text) <= width) return text;
  let kept = '';
  let taken = 0;
  for (const { segment } of graphemes.segment(text)) {
    taken += measureGrapheme(segment);
    if (taken > width - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** Fills up with blanks to `width` columns, on the left for what stands on the right. */
export function padText(text: string, width: number, side: 'left' | 'right'): string {
  const blanks = ' '.repeat(Math.max(0, width - measureText(text)));
  return side === 'left' ? blanks + text : text + blanks;
}
