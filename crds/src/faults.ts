// Zod's issues → faults that name the field, what came and what was expected. What may be a secret is never quoted.
import type { ConfigFault } from "@retriever/stores/config/config-fault.ts";
import type { z } from "zod";

type Issue = z.core.$ZodIssue;

/** Longest quotation of a received value. */
const maxQuotation = 120;

/** What a schema makes of an input: the value with its defaults, or faults whose paths begin with `root`. Never throws. */
export function parseShape<T>(
  schema: z.ZodType<T>,
  input: unknown,
  root: string,
): { readonly data: T | undefined; readonly faults: readonly ConfigFault[] } {
  const { data, error } = schema.safeParse(input, { reportInput: true });
  return { data, faults: (error?.issues ?? []).flatMap((issue) => faultsOfIssue(issue, root)) };
}

/** One or more faults of an issue. */
function faultsOfIssue(issue: Issue, root: string, at: readonly PropertyKey[] = []): ConfigFault[] {
  const path = [...at, ...issue.path];
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => foreignField(issue.input, root, [...path, key]));
  }
  if (issue.code === "invalid_union") {
    const nearest = nearestBranch(issue.errors);
    if (nearest !== undefined) return nearest.flatMap((inner) => faultsOfIssue(inner, root, path));
  }
  const foreign = issue.code === "invalid_union" ? foreignKeys(issue.errors) : [];
  return [
    ...foreign.map((key) => foreignField(issue.input, root, [...path, key])),
    {
      path: printPath(root, path),
      message: `received ${describe(receivedOf(issue), path)}, expected ${expectationOf(issue)}`,
    },
  ];
}

function foreignField(object: unknown, root: string, path: readonly PropertyKey[]): ConfigFault {
  const received = (object as Readonly<Record<PropertyKey, unknown>> | undefined)?.[path.at(-1) ?? ""];
  return { path: printPath(root, path), message: `received ${describe(received, path)}, expected no such field` };
}

/** Keys that no branch has. */
function foreignKeys(branches: readonly (readonly Issue[])[]): readonly string[] {
  const [first = [], ...others] = branches.map((issues) =>
    issues.flatMap((issue) => (issue.code === "unrecognized_keys" && issue.path.length === 0 ? issue.keys : [])),
  );
  return first.filter((key) => others.every((keys) => keys.includes(key)));
}

/** The branch that was meant: the only one without a foreign or missing field. */
function nearestBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const meant = branches.filter((issues) => issues.every((issue) => !isForeignOrMissing(issue)));
  return meant.length === 1 ? meant[0] : undefined;
}

function isForeignOrMissing(issue: Issue): boolean {
  return issue.code === "unrecognized_keys" || issue.input === undefined || issue.path.length === 0;
}

function expectationOf(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return issue.expected === "int"
        ? "an integer"
        : `${/^[aeio]/.test(issue.expected) ? "an" : "a"} ${issue.expected}`;
    case "invalid_value":
      return oneOf(issue.values);
    case "too_small":
      return `${issue.inclusive === false ? "more than" : "at least"} ${amount(issue.minimum, issue.origin)}`;
    case "too_big":
      return `${issue.inclusive === false ? "less than" : "at most"} ${amount(issue.maximum, issue.origin)}`;
    case "invalid_union":
      return unionExpectation(issue);
    case "invalid_format":
      return formatExpectation(issue);
    default:
      return withoutPrefix(issue.message);
  }
}

function oneOf(values: readonly unknown[]): string {
  return values.length === 1
    ? JSON.stringify(values[0])
    : `one of ${values.map((value) => JSON.stringify(value)).join(", ")}`;
}

function unionExpectation(issue: z.core.$ZodIssueInvalidUnion): string {
  if (issue.inclusive !== false && issue.options !== undefined) return oneOf(issue.options);
  const inner = issue.errors.flat();
  const foreign = foreignKeys(issue.errors);
  const fields = inner
    .flatMap((each) => (each.code === "unrecognized_keys" ? each.keys : each.path.slice(0, 1)))
    .map(String)
    .filter((field) => !foreign.includes(field));
  if (fields.length > 0) return `exactly one of ${[...new Set(fields)].toSorted().join(", ")}`;
  return inner[0] === undefined ? withoutPrefix(issue.message) : expectationOf(inner[0]);
}

/** A union told apart by one field refuses that field, not the whole object. */
function receivedOf(issue: Issue): unknown {
  if (issue.code !== "invalid_union" || issue.discriminator === undefined) return issue.input;
  return (issue.input as Readonly<Record<string, unknown>> | undefined)?.[issue.discriminator];
}

/** A format's own words where the schema has none of its own. */
function formatExpectation(issue: z.core.$ZodIssueInvalidStringFormat): string {
  if (!issue.message.startsWith("Invalid ")) return withoutPrefix(issue.message);
  if (issue.format === "datetime") return "an instant such as 2030-01-31T12:00:00Z";
  if (issue.format === "starts_with" && "prefix" in issue) {
    return `a text that begins with ${JSON.stringify(issue.prefix)}`;
  }
  return issue.pattern === undefined ? withoutPrefix(issue.message) : `a match of ${issue.pattern}`;
}

function amount(count: number | bigint, origin: string): string {
  const unit = ({ string: " character", array: " item" } as const)[origin];
  if (unit === undefined) return String(count);
  return `${count}${unit}${Number(count) === 1 ? "" : "s"}`;
}

function withoutPrefix(message: string): string {
  return message.replace(/^(Invalid input: )?expected /, "");
}

/** Fields whose text may be a credential, whoever misspelt them: somebody will put the secret itself there one day. */
const secretive = /key|pas+(?:w|phrase)|pwd|secret|token|credential|connection|^user|^from(Env|File)$/i;
/** A variable's name or a file's path: what a reference should be, and worth reading in a message. */
const reference = /^([A-Z_][A-Z0-9_]*|\/[\w./-]*)$/;
const hidden = "(not shown)";
/** Places of a store, where somebody writes a login or a query with a key into the address. */
const placeful = /^(destination|url|host)$/;
const unlikePlace = /[@?#%&=<>"'\\]/;

/**
 * `nothing`, or type and value, cut where it gets long. Text in a field that may hold a credential is not shown.
 * `at` is the path of the value, or its last part.
 */
export function describe(value: unknown, at: PropertyKey | readonly PropertyKey[] = []): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (typeof value === "number" || typeof value === "boolean") return `${typeof value} ${value}`;
  const path = typeof at === "object" ? at : [at];
  const inside = path.some((part) => secretive.test(String(part)));
  const isPlace = path.some((part) => placeful.test(String(part)));
  const shown = (key: string, inner: unknown): unknown => {
    if (typeof inner !== "string") return inner;
    const isSecretive = (inside || secretive.test(key)) && !reference.test(inner);
    return isSecretive || ((isPlace || placeful.test(key)) && unlikePlace.test(inner)) ? hidden : inner;
  };
  const text = JSON.stringify(value, shown) ?? typeof value;
  const kind = Array.isArray(value) ? "array" : typeof value;
  const cut = text.length > maxQuotation ? `${text.slice(0, maxQuotation)}…` : text;
  return `${kind} ${cut === JSON.stringify(hidden) ? hidden : cut}`;
}

function printPath(root: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, part) => (typeof part === "number" ? `${text}[${part}]` : `${text}.${String(part)}`),
    root,
  );
}
