import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pgvectorBaseSchema, pgvectorOverlaySchema } from "./schema.ts";

const base = { kind: "pgvector", connectionString: "postgres://u@h/d" };
const taken = (where: string) => pgvectorBaseSchema.safeParse({ ...base, where }).success;

describe("a condition in front of a table", () => {
  it.each([
    "deleted_at IS NULL",
    "NOT is_deleted AND lang IN ('en', 'de')",
    `"Tenant" = 'a;b--c/*d' AND (meta ->> 'x') = 'it''s'`,
    "tags @> ARRAY['a'] AND id = ANY (ARRAY[1, 2])",
    "EXISTS (SELECT 1 FROM live WHERE live.id = chunk_id)",
  ])("is taken: %s", (where) => expect(taken(where)).toBe(true));

  it.each([
    "",
    "  ",
    "true; DROP TABLE chunks",
    "true -- rest",
    "true /* rest",
    "true) OR (true",
    "(true",
    "a[1",
    "a = 'x",
    'a = "x',
    "id = $1",
    "a = $$x$$",
    String.raw`a = E'\' OR true --'`,
    "x".repeat(1001),
  ])("is refused: %s", (where) => expect(taken(where)).toBe(false));

  it("never leads out of the parentheses it is put into, whatever it holds", () => {
    const parts = ["'", "''", '"', "(", ")", "[", "]", ";", "--", "/*", "*/", "$1", "$$", "a", "\\", "=", " ", "\n"];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...parts), { maxLength: 20 }), (chosen) => {
        const where = chosen.join("");
        if (!taken(where)) return;
        const bare = where.replaceAll(/'[^']*'|"[^"]*"/g, "");
        expect(bare).not.toMatch(/[;$'"\\]|--|\/\*/);
        let depth = 0;
        for (const char of bare) {
          depth += char === "(" ? 1 : char === ")" ? -1 : 0;
          expect(depth).toBeGreaterThanOrEqual(0);
        }
        expect(depth).toBe(0);
      }),
    );
  });

  it("is refused in a destination, which a view serves", () => {
    const overlay = { kind: "pgvector", host: "h", database: "d", user: { fromEnv: "RETRIEVER_CRED_U" } };
    expect(pgvectorOverlaySchema.safeParse(overlay).success).toBe(true);
    const { error } = pgvectorOverlaySchema.safeParse({ ...overlay, where: "true" });
    expect(error?.issues[0]?.message).toContain("name a view with the condition as the table");
  });
});
