// Exports that no other file imports. Stricter than the check for dead code, which takes a type as used
// as soon as an exported function of the same file mentions it.
import { argumentsOf, nodeAt, nodesAt, type ParsedFile, type SyntaxNode, textOf, walk } from "./syntax.ts";

type UnusedExport = { readonly path: string; readonly line: number; readonly name: string };

/** Path that `specifier` means in the file at `from`; undefined for packages. */
type Resolve = (from: string, specifier: string) => string | undefined;

/** Stands for every export of a file. */
const everything = "*";

/** Read by a tool, which imports the default export by the file's path. */
const toolConfig = /(^|\/)[\w-]+\.(config|vitest)\.ts$/;

/** Exports of `files` that none of `files` imports. A test is a user, and what it exports is judged too. */
export function unusedExports(files: readonly ParsedFile[], resolve: Resolve): UnusedExport[] {
  const used = new Set(files.flatMap((file) => usedBy(file, resolve)));
  return files
    .filter(({ path }) => !used.has(`${path} ${everything}`))
    .flatMap((file) => exportsOf(file))
    .filter(({ path, name }) => !used.has(`${path} ${name}`) && !(name === "default" && toolConfig.test(path)));
}

function exportsOf({ path, statements, lineOf }: ParsedFile): UnusedExport[] {
  return statements.flatMap((statement) =>
    exportedNames(statement).map((name) => ({ path, line: lineOf(statement), name })),
  );
}

function exportedNames(statement: SyntaxNode): readonly string[] {
  switch (statement.type) {
    case "ExportDeclaration":
      return declaredNames(nodeAt(statement, "declaration"));
    case "ExportNamedDeclaration":
      return namesIn(nodesAt(statement, "specifiers"), ["exported", "orig"]);
    case "ExportDefaultDeclaration":
    case "ExportDefaultExpression":
      return ["default"];
    default:
      return [];
  }
}

/** A function or class has an identifier, a type an id, and `const` one id per declarator. */
function declaredNames(declaration: SyntaxNode | undefined): string[] {
  const constants = nodesAt(declaration, "declarations").map((declarator) => nodeAt(declarator, "id"));
  return [nodeAt(declaration, "identifier"), nodeAt(declaration, "id"), ...constants].flatMap((id) => textOf(id) ?? []);
}

/** What a file takes from others, as path and name. */
function usedBy({ path, statements }: ParsedFile, resolve: Resolve): string[] {
  const used: string[] = [];
  walk(statements, (node) => {
    const specifier = specifierOf(node);
    const target = specifier === undefined ? undefined : resolve(path, specifier);
    if (target !== undefined && target !== path) used.push(...namesTaken(node).map((name) => `${target} ${name}`));
  });
  return used;
}

/** The path of an import as it is written, also of `import("./a.ts")`; undefined for other nodes. */
function specifierOf(node: SyntaxNode): string | undefined {
  if (node.type !== "CallExpression") return textOf(nodeAt(node, "source"));
  const isImport = nodeAt(node, "callee")?.type === "Import";
  return isImport ? textOf(argumentsOf(node)[0]) : undefined;
}

/** A dynamic import, a namespace and `export *` can reach every export. */
function namesTaken(node: SyntaxNode): readonly string[] {
  const specifiers = nodesAt(node, "specifiers");
  const isWhole = node.type === "CallExpression" || node.type === "ExportAllDeclaration";
  if (isWhole || specifiers.some(({ type }) => type.endsWith("NamespaceSpecifier"))) return [everything];
  return specifiers.flatMap((specifier) =>
    specifier.type === "ImportDefaultSpecifier" ? ["default"] : namesIn([specifier], ["imported", "orig", "local"]),
  );
}

/** The first of `fields` that a specifier has; `a as b` has two. */
function namesIn(specifiers: readonly SyntaxNode[], fields: readonly string[]): string[] {
  return specifiers.flatMap((specifier) => {
    const named = fields.map((field) => nodeAt(specifier, field)).find((node) => node !== undefined);
    return textOf(named) ?? [];
  });
}
