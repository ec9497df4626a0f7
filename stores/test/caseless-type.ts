// A type as citext is, for servers that lack the extension: its operators are where it is, and no search_path leads there.

const operators = { lt: "<", le: "<=", eq: "=", ge: ">=", gt: ">" };

/** Statements that make it; `name` with its schema. */
export function caselessType(name: string): string {
  const [schema = ""] = name.split(".");
  const compared = Object.entries(operators).map(
    ([word, operator]) => `
    CREATE FUNCTION ${name}_${word}(${name}, ${name}) RETURNS bool LANGUAGE sql IMMUTABLE STRICT
      AS 'SELECT lower($1::text) ${operator} lower($2::text)';
    CREATE OPERATOR ${schema}.${operator} (LEFTARG = ${name}, RIGHTARG = ${name}, FUNCTION = ${name}_${word})`,
  );
  const ofClass = Object.values(operators).map((operator, index) => `OPERATOR ${index + 1} ${schema}.${operator}`);
  return `CREATE TYPE ${name};
    CREATE FUNCTION ${name}_in(cstring) RETURNS ${name} AS 'textin' LANGUAGE internal IMMUTABLE STRICT;
    CREATE FUNCTION ${name}_out(${name}) RETURNS cstring AS 'textout' LANGUAGE internal IMMUTABLE STRICT;
    CREATE TYPE ${name} (INPUT = ${name}_in, OUTPUT = ${name}_out, STORAGE = extended, CATEGORY = 'S', COLLATABLE = true);
    CREATE CAST (${name} AS text) WITHOUT FUNCTION AS IMPLICIT;
    CREATE CAST (text AS ${name}) WITHOUT FUNCTION AS ASSIGNMENT;
    CREATE FUNCTION ${name}_cmp(${name}, ${name}) RETURNS int4 LANGUAGE sql IMMUTABLE STRICT
      AS 'SELECT bttextcmp(lower($1::text), lower($2::text))';
    ${compared.join(";")};
    CREATE OPERATOR CLASS ${name}_ops DEFAULT FOR TYPE ${name} USING btree
      AS ${ofClass.join(", ")}, FUNCTION 1 ${name}_cmp(${name}, ${name})`;
}
