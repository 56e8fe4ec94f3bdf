// Which metrics and labels a PromQL expression names. Knows as much of the language as its words: strings,
// selectors, lists of labels after `by` and its kin, ranges, functions.

export type Selector = { metric: string; labels: string[] };
export type Names = {
  selectors: Selector[];
  /** Labels by which the whole is grouped or matched. */
  grouping: string[];
};

const word = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const lists = /\b(by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g;
const keywords = new Set(['and', 'or', 'unless', 'bool', 'offset', 'group_left', 'group_right']);

export function findNames(expr: string): Names {
  const grouping: string[] = [];
  const plain = expr
    .replace(/"(\\.|[^"\\])*"/g, '""')
    .replace(/\[[^\]]*\]/g, '')
    .replace(lists, (_all, _keyword, names: string) => {
      grouping.push(...listWords(names));
      return ' ';
    });
  const found = plain.matchAll(new RegExp(`(${word})\\s*(\\{[^}]*\\}|\\()?`, 'g'));
  const selectors = [...found]
    .filter(([, name, after]) => after !== '(' && !keywords.has(name!) && !isUnit(plain, name!))
    .map(([, metric, matchers = '']) => ({
      metric: metric!,
      labels: [...matchers.matchAll(new RegExp(`(${word})\\s*(=~|!~|!=|=)`, 'g'))].map(
        ([, label]) => label!,
      ),
    }));
  return { selectors, grouping };
}

function listWords(text: string): string[] {
  return text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}

/** Of a duration outside brackets, as in `offset 5m`. */
function isUnit(text: string, name: string): boolean {
  return new RegExp(`\\d${name}\\b`).test(text) && name.length <= 2;
}
