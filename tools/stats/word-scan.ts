// Where the replaced words are still used: identifiers, strings, paths and the charts' files; comments are plain English.

import type { SourceFile } from "../tree.ts";
import { type Kind, replacedIn } from "./replaced-words.ts";
import { nodeAt, type ParsedFile, type SyntaxNode, textOf, walk } from "./syntax.ts";

type WordUse = { readonly word: string; readonly path: string; readonly line: number; readonly text: string };

/** The list of the words and its test have to name them. */
const namesThem = /^tools\/stats\/(replaced-words|word-scan)(\.test)?\.ts$/;

export function wordsInSource({ path, statements, lineOf }: ParsedFile): WordUse[] {
  if (namesThem.test(path)) return [];
  const found: WordUse[] = [];
  const specifiers = new Set<SyntaxNode | undefined>();
  walk(statements, (node) => {
    // The path of an import names a file, which is judged as a file.
    specifiers.add(nodeAt(node, "source"));
    const said = specifiers.has(node) ? undefined : saidBy(node);
    if (said === undefined) return;
    found.push(
      ...replacedIn(said.text, said.kind).map((word) => ({ word, path, line: lineOf(node), text: said.text })),
    );
  });
  return found;
}

function saidBy(node: SyntaxNode): { readonly text: string; readonly kind: Kind } | undefined {
  switch (node.type) {
    case "Identifier":
    case "PrivateName":
      return { text: textOf(node) ?? "", kind: "name" };
    case "StringLiteral":
      return { text: textOf(node) ?? "", kind: "text" };
    case "TemplateElement":
      return { text: String(node["raw"]), kind: "text" };
    case "RegExpLiteral":
      return { text: String(node["pattern"]), kind: "text" };
    default:
      return undefined;
  }
}

/** Files of a chart: what a `#` or a template's comment says is left out. */
export function wordsInChart({ path, text }: SourceFile): WordUse[] {
  const spoken = text.replaceAll(/\{\{-?\s*\/\*.*?\*\/\s*-?\}\}/gs, (comment) => comment.replaceAll(/[^\n]/g, ""));
  return spoken.split("\n").flatMap((row, index) => {
    const said = path.endsWith(".json") ? row : row.replace(/(^|\s)#.*$/, "");
    return replacedIn(said, "text").map((word) => ({ word, path, line: index + 1, text: said.trim() }));
  });
}

/** Names of files and folders, each once. */
export function wordsInPaths(paths: readonly string[]): WordUse[] {
  const places = new Set(
    paths.flatMap((path) => path.split("/").map((_, depth, parts) => parts.slice(0, depth + 1).join("/"))),
  );
  return [...places]
    .filter((place) => !namesThem.test(place))
    .flatMap((place) => {
      const name = place.slice(place.lastIndexOf("/") + 1);
      return replacedIn(name, "name").map((word) => ({ word, path: place, line: 0, text: name }));
    });
}
