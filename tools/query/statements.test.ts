import { describe, expect, it } from 'vitest';
import { listStatements, splitStatements } from './statements.ts';

const texts = (sql: string) => listStatements(sql).map((one) => one.sql);

describe('statements', () => {
  it.each([
    ["SELECT ';' ; SELECT 2", ["SELECT ';'", 'SELECT 2']],
    ['SELECT ";" AS "a""b;"; x', ['SELECT ";" AS "a""b;"', 'x']],
    ["SELECT 'it''s;'; x", ["SELECT 'it''s;'", 'x']],
    ["SELECT E'a\\';b'; x", ["SELECT E'a\\';b'", 'x']],
    ["SELECT 'a\\'; x", ["SELECT 'a\\'", 'x']],
    ['SELECT $$a;b$$; x', ['SELECT $$a;b$$', 'x']],
    ['SELECT $q$a;$$;$q$; x', ['SELECT $q$a;$$;$q$', 'x']],
    ['SELECT $1; x', ['SELECT $1', 'x']],
    ['-- a; b\nSELECT 1 -- c;\n; x', ['SELECT 1 -- c;', 'x']],
    ['/* ; /* ; */ ; */ SELECT /* ; */ 1; x', ['SELECT /* ; */ 1', 'x']],
    [' ;; -- nothing\n;', []],
    ['/* never closed; SELECT 1', ['/* never closed; SELECT 1']],
    ["SELECT 'never closed; x", ["SELECT 'never closed; x"]],
  ])('%s', (sql, expected) => {
    expect(texts(sql)).toEqual(expected);
  });

  it('are ended or go on, and know their line', () => {
    expect(splitStatements('SELECT 1;\n\nSELECT\n2')).toEqual({
      ended: [{ sql: 'SELECT 1', linesBefore: 0 }],
      rest: { sql: 'SELECT\n2', linesBefore: 2 },
    });
  });
});
