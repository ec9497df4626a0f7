// One fault of a document, with its place; what makes a refusal useful.
import type { z } from "zod";

export type ConfigFault = { readonly path: string; readonly message: string };

/** All issues of a zod error, each with a dotted path (`(root)` for the document). Values are never quoted: they may be secrets. */
export function faultsOf(error: z.ZodError): ConfigFault[] {
  return error.issues.map((issue) => ({ path: pathOf(issue.path), message: issue.message }));
}

function pathOf(path: readonly PropertyKey[]): string {
  if (path.length === 0) return "(root)";
  return path
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))
    .join("")
    .replace(/^\./, "");
}
