// The documents of a YAML or JSON file, and the line on which a path of one stands. Reads as kubectl does.
import { counted } from "@retriever/operator/page/words.ts";
import {
  type Document,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseAllDocuments,
  visit,
  type YAMLError,
  type YAMLMap,
} from "yaml";
import { kubectlTags } from "./plain-scalars.ts";

export type LocatedDocument = {
  readonly value: unknown;
  /** The document's `kind`; empty when it has none. */
  readonly kind: string;
  readonly firstLine: number;
  /** Line of a path such as `spec.stages[0].sampleRate`, or of the nearest place above it that is there. */
  readonly lineOf: (path: string) => number;
};

/** What the parser says in the words of the text, in ours: a password may be among them. */
const quoting: Readonly<Record<string, string>> = {
  BAD_DIRECTIVE: "a directive (%) that can't be read",
  BAD_DQ_ESCAPE: "an escape sequence within double quotes that YAML doesn't have",
  BAD_SCALAR_START: "text that begins with this character has to stand in quotes",
  MISSING_CHAR: "a character is missing: a quote, a comma, a colon or a bracket",
  TAG_RESOLVE_FAILED: "a tag (!) that isn't known: write text that begins with ! in quotes",
  UNEXPECTED_TOKEN: "something stands where it can't be read; text behind | or > begins on the next line",
};

type SyntaxFault = { readonly line: number; readonly message: string };

export type Documents = { readonly documents: readonly LocatedDocument[]; readonly faults: readonly SyntaxFault[] };

/** All documents of a text, empty ones left out. Never throws: what can't be read is a fault. */
export function readDocuments(text: string): Documents {
  const counter = new LineCounter();
  const parsed = parseAllDocuments(text, {
    version: "1.1",
    customTags: kubectlTags,
    lineCounter: counter,
    prettyErrors: false,
    // The parser's own check compares each key with each other, and names none.
    uniqueKeys: false,
  });
  const documents: LocatedDocument[] = [];
  const faults: SyntaxFault[] = [];
  for (const document of Array.isArray(parsed) ? parsed : []) {
    const lineAt = (offset: number | undefined): number => counter.linePos(offset ?? document.range[0]).line;
    const torn = [
      ...document.errors.map((error) => ({ at: error.pos[0], message: wordsOf(error) })),
      ...(document.errors.length === 0 ? doubledKeys(document) : []),
    ];
    faults.push(...torn.map(({ at, message }) => ({ line: lineAt(at), message })));
    if (torn.length > 0 || document.contents === null) continue;
    const value = valueOf(() => withoutCycle(document.toJS({ maxAliasCount: 100 })));
    if (value.fault !== undefined) faults.push({ line: lineAt(undefined), message: value.fault });
    // A file that ends with ---, or a template that came out empty.
    else if (value.value !== null) {
      const pairOf = indexOfPairs();
      const whole: LocatedDocument = {
        value: value.value,
        kind: kindOf(value.value),
        firstLine: lineAt(document.contents.range?.[0]),
        lineOf: (path) => lineAt(offsetOf(document.contents, keysOf(path), pairOf)),
      };
      documents.push(...itemsOf(whole));
    }
  }
  return { documents, faults: toldOnce(faults) };
}

/** Keys that a map has twice. A value is never told, and of a key only what looks like the name of a field. */
function doubledKeys(
  document: Document.Parsed,
): readonly { readonly at: number | undefined; readonly message: string }[] {
  const doubled: { readonly at: number | undefined; readonly message: string }[] = [];
  visit(document, {
    Map: (_, { items }) => {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key) || key.value === "<<") continue;
        const name = typeof key.value === "string" && /^[\w./-]{1,63}$/.test(key.value) ? `${key.value} ` : "";
        if (seen.has(key.value)) doubled.push({ at: key.range?.[0], message: `the key ${name}stands here twice` });
        seen.add(key.value);
      }
    },
  });
  return doubled;
}

/** One slip makes many faults: each is told where it is met first. */
function toldOnce(faults: readonly SyntaxFault[]): readonly SyntaxFault[] {
  return [...Map.groupBy(faults, ({ message }) => message)].map(([message, alike]) => {
    const lines = alike.map(({ line }) => line);
    const more = new Set(lines).size - 1;
    const elsewhere = more === 0 ? "" : `; the same on ${counted(more, "more line")}`;
    return { line: lines[0] ?? 1, message: `${message}${elsewhere}` };
  });
}

function wordsOf({ code, message }: YAMLError): string {
  // These are ours.
  return message.startsWith("received ") ? message : (quoting[code] ?? inWords(message));
}

/** Of V8, where the parser, or whoever walks through its result, goes too deep. */
function inWords(message: string): string {
  return /call stack|Stack overflow/.test(message) ? "it is nested too deeply" : message;
}

/** A list of objects, as `kubectl get -o yaml` prints it, is the documents in it. */
function itemsOf(document: LocatedDocument): readonly LocatedDocument[] {
  const { kind, value, lineOf } = document;
  const items = kind.endsWith("List") ? (value as { readonly items?: unknown }).items : undefined;
  if (!Array.isArray(items)) return [document];
  return items.flatMap((item: unknown, index) => {
    const at = `items[${index}]`;
    const one = { value: item, kind: kindOf(item), firstLine: lineOf(at) };
    return itemsOf({ ...one, lineOf: (path) => lineOf(path === "" ? at : `${at}.${path}`) });
  });
}

/** Throws for an alias within its anchor: what reads the value would never end. */
function withoutCycle(value: unknown, above: readonly unknown[] = []): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (above.includes(value)) throw new Error("an alias stands within what it names");
  for (const each of Object.values(value)) withoutCycle(each, [...above, value]);
  return value;
}

function valueOf(read: () => unknown): { readonly value?: unknown; readonly fault?: string } {
  try {
    return { value: read() };
  } catch (fault) {
    // The parser quotes the alias, and a password may begin with an asterisk.
    if (fault instanceof ReferenceError && fault.message.startsWith("Excessive alias count"))
      return { fault: "aliases (*name) stand for more than can be meant" };
    if (fault instanceof ReferenceError)
      return { fault: "an alias (*name) has no anchor: write text that begins with * in quotes" };
    return { fault: fault instanceof Error ? inWords(fault.message) : "can't be read" };
  }
}

function kindOf(value: unknown): string {
  const kind = typeof value === "object" && value !== null && "kind" in value ? value.kind : undefined;
  return typeof kind === "string" ? kind : "";
}

/** `spec.stages[0].sampleRate` as keys. */
function keysOf(path: string): (string | number)[] {
  return [...path.matchAll(/([^.[\]]+)|\[(\d+)\]/g)].map(([, name, index]) =>
    index === undefined ? (name ?? "") : Number(index),
  );
}

type FindPair = (map: YAMLMap, key: string | number) => Pair | undefined;

/** Each map is gone through once, however many of its keys are asked for. */
function indexOfPairs(): FindPair {
  const indexes = new WeakMap<YAMLMap, ReadonlyMap<unknown, Pair>>();
  return (map, key) => {
    const index =
      indexes.get(map) ?? new Map(map.items.map((pair) => [isScalar(pair.key) ? pair.key.value : "", pair]));
    indexes.set(map, index);
    return index.get(key);
  };
}

/** Of the deepest place on the way that is there. The place of a field is its name, not its value. */
function offsetOf(contents: unknown, keys: readonly (string | number)[], pairOf: FindPair): number | undefined {
  let node = contents;
  let offset = isNode(node) ? node.range?.[0] : undefined;
  for (const key of keys) {
    const { name, value } = entryOf(node, key, pairOf);
    const place = name ?? value;
    if (!isNode(place)) break;
    offset = place.range?.[0] ?? offset;
    node = value;
  }
  return offset;
}

function entryOf(
  node: unknown,
  key: string | number,
  pairOf: FindPair,
): { readonly name?: unknown; readonly value?: unknown } {
  if (isSeq(node)) return { value: node.items[Number(key)] };
  const pair = isMap(node) ? pairOf(node, key) : undefined;
  return pair === undefined ? {} : { name: pair.key, value: pair.value };
}
