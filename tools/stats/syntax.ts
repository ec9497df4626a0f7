// TypeScript as a tree of nodes. Comments are no part of it, so whoever reads the tree reads code only.
import { parseSync } from "@swc/core";
import type { SourceFile } from "../tree.ts";

/** A node as the parser prints it; which fields it has depends on its type. */
export type SyntaxNode = {
  readonly type: string;
  readonly span?: { readonly start: number };
  readonly [field: string]: unknown;
};

export type ParsedFile = {
  readonly path: string;
  readonly statements: readonly SyntaxNode[];
  /** Line of a node, from 1. */
  readonly lineOf: (node: SyntaxNode) => number;
};

/** Throws with the path when the file can't be parsed. */
export function parseFile({ path, text }: SourceFile): ParsedFile {
  const bytes = Buffer.from(text);
  try {
    const { body } = parseSync(text, { syntax: "typescript", target: "es2024" });
    // The parser counts bytes from 1.
    const lineOf = ({ span }: SyntaxNode): number =>
      bytes
        .subarray(0, (span?.start ?? 1) - 1)
        .toString()
        .split("\n").length;
    return { path, statements: body as unknown as readonly SyntaxNode[], lineOf };
  } catch (error) {
    throw new Error(`${path} can't be parsed`, { cause: error });
  }
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === "object" && value !== null && "type" in value;
}

/** The nodes directly inside; containers without a type of their own are looked through. */
function childrenOf(value: object): SyntaxNode[] {
  return Object.values(value).flatMap((inner: unknown) => {
    if (isNode(inner)) return [inner];
    return typeof inner === "object" && inner !== null ? childrenOf(inner) : [];
  });
}

/** Calls `visit` with every node, outer ones first. */
export function walk(nodes: readonly SyntaxNode[], visit: (node: SyntaxNode) => void): void {
  for (const node of nodes) {
    visit(node);
    walk(childrenOf(node), visit);
  }
}

/** A field that holds a node; undefined when it is absent or something else. */
export function nodeAt(node: SyntaxNode | undefined, field: string): SyntaxNode | undefined {
  const value = node?.[field];
  return isNode(value) ? value : undefined;
}

/** A field that holds a list of nodes; empty when it is absent. */
export function nodesAt(node: SyntaxNode | undefined, field: string): readonly SyntaxNode[] {
  const value = node?.[field];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** What a call is given, spread or not. */
export function argumentsOf(call: SyntaxNode): readonly SyntaxNode[] {
  return (call["arguments"] as readonly { readonly expression: SyntaxNode }[]).map(({ expression }) => expression);
}

/** Text of an identifier or a string; undefined for other nodes. */
export function textOf(node: SyntaxNode | undefined): string | undefined {
  return typeof node?.["value"] === "string" ? node["value"] : undefined;
}
