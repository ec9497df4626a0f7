import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { printRecord, seal } from "#core/status/audit-record.ts";
import { aChain, aChainFile, aDraft } from "#test/builders/evidence.ts";
import { type ChainFile, readChainFile } from "./chain-file.ts";

const records = aChain(Array.from({ length: 8 }, (_, index) => aDraft({ epoch: index, at: `é ${index}` })));
const text = aChainFile(records);
const lines = text.trimEnd().split("\n");

/** The first thing that is wrong. */
function faultOf(file: ChainFile): string | undefined {
  if (!file.ok) return file.fault;
  const link = file.links.find(({ fault }) => fault !== undefined);
  return link === undefined ? file.endFault : `${link.seq}: ${link.fault}`;
}
const faultIn = (given: readonly string[]) => faultOf(readChainFile(`${given.join("\n")}\n`));
const someRecord = fc.integer({ min: 1, max: records.length });

describe("a chain as a file", () => {
  test("that is whole holds, with every record in it", () => {
    const file = readChainFile(text);
    expect(faultOf(file)).toBeUndefined();
    expect(file.ok && file.links.map(({ record }) => record)).toEqual(records);
  });

  test("in which any one byte is another is found out", () => {
    const bytes = Buffer.from(text);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const altered = Buffer.from(bytes);
        altered[at] = (altered[at] ?? 0) ^ change;
        expect(faultOf(readChainFile(altered.toString("utf8")))).toBeDefined();
      }),
      { numRuns: 500 },
    );
  });

  test("in which any one byte is gone, or one more, is found out", () => {
    fc.assert(
      fc.property(fc.nat(text.length - 2), fc.constantFrom("", "x ", " ", "\n", "0"), (at, extra) => {
        const altered =
          extra === "" ? text.slice(0, at) + text.slice(at + 1) : text.slice(0, at) + extra + text.slice(at);
        expect(faultOf(readChainFile(altered))).toBeDefined();
      }),
      { numRuns: 500 },
    );
  });

  test("from which any records were taken is found out", () => {
    fc.assert(
      fc.property(fc.uniqueArray(someRecord, { minLength: 1 }), (gone) => {
        expect(faultIn(lines.filter((_, index) => !gone.includes(index)))).toBeDefined();
      }),
    );
  });

  test("in which any two records changed places is found out", () => {
    fc.assert(
      fc.property(someRecord, someRecord, (a, b) => {
        fc.pre(a !== b);
        const swapped = lines.with(a, lines[b] ?? "").with(b, lines[a] ?? "");
        expect(faultIn(swapped)).toBeDefined();
      }),
    );
  });

  test("names the first record that is wrong", () => {
    expect(faultIn(lines.toSpliced(3, 1))).toBe("3: it is missing: record 4 stands in its place");
    const altered = (lines[5] ?? "").replace('"pods":3', '"pods":4');
    expect(faultIn(lines.with(5, altered))).toContain("5: its content isn't what its hash says");
    expect(faultIn(lines.with(5, `${lines[5]} `))).toContain("5: its text isn't as it was written");
    expect(faultIn(lines.with(5, "{}"))).toMatch(/^5: its field \S+ is not what a record has/);
  });

  test("whose last records are cut off is found out by its end", () => {
    expect(faultIn(lines.toSpliced(7, 2))).toBe(
      "the chain ends with record 8, the file's records with 6: records are missing",
    );
    expect(faultIn(lines.slice(0, -2))).toContain("doesn't say where the chain ends");
  });

  test("with a record put in its place that fits by number alone is found out", () => {
    const other = seal(aDraft({ epoch: 99 }), records[2] ?? { seq: 0, hash: "" });
    expect(faultIn(lines.with(4, printRecord(other)))).toBe("5: its field previous isn't the hash of record 4");
  });

  test("of another migration's records is found out", () => {
    const migration = { namespace: "search", name: "docs-to-qdrant", uid: "uid-2" };
    expect(faultOf(readChainFile(aChainFile(aChain([aDraft({ migration })]))))).toContain("field migration");
  });

  test("without its oldest records holds from the anchor on", () => {
    const after = records[3] ?? { seq: 0, hash: "" };
    const file = readChainFile(aChainFile(records.slice(4), after));
    expect(faultOf(file)).toBeUndefined();
    expect(file.ok && file.after.seq).toBe(4);
  });

  test("with a record that was written twice holds, and says so", () => {
    const file = readChainFile(`${lines.toSpliced(3, 0, lines[3] ?? "").join("\n")}\n`);
    expect(faultOf(file)).toBeUndefined();
    expect(file.ok && file.repeated).toBe(1);
  });

  test.each(["", "\n", "null", "[]", '{"kind":"chain"}', lines.slice(1).join("\n")])(
    "that isn't one (%j) is refused at line 1",
    (given) => {
      expect(readChainFile(given)).toMatchObject({ ok: false, line: 1 });
    },
  );

  test("never throws, whatever the text", () => {
    fc.assert(
      fc.property(fc.string(), (given) => {
        expect(() => readChainFile(`${lines[0]}\n${given}\n`)).not.toThrow();
      }),
    );
  });
});
