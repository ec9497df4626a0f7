// The query string of a request. Unknown parameters are ignored; known ones are checked before the body is looked at.
// Consistency and ordering have no effect on one node.
import { ApiFault } from "./fault.ts";

export type Parameters = { readonly wait: boolean };

/** Throws ApiFault in Qdrant's words. */
export function parseParameters(search: URLSearchParams): Parameters {
  checkTimeout(search.get("timeout"));
  checkConsistency(search.get("consistency"));
  checkOrdering(search.get("ordering"));
  return { wait: parseWait(search.get("wait")) };
}

function refuse(text: string): never {
  throw new ApiFault(400, `Deserialize error in query parameters: ${text}`, true);
}

function checkTimeout(text: string | null): void {
  if (text === null) return;
  if (text === "") refuse("cannot parse integer from empty string");
  if (!/^\d+$/.test(text)) refuse("invalid digit found in string");
  if (Number(text) === 0) refuse("invalid value: integer `0`, expected a nonzero u64");
}

function checkConsistency(text: string | null): void {
  if (text === null || ["majority", "quorum", "all"].includes(text) || /^0*[1-9]\d*$/.test(text)) return;
  refuse(`failed to deserialize read consistency query parameter value '${text}'`);
}

function checkOrdering(text: string | null): void {
  if (text === null || ["weak", "medium", "strong"].includes(text)) return;
  refuse(`unknown variant \`${text}\`, expected one of \`weak\`, \`medium\`, \`strong\``);
}

function parseWait(text: string | null): boolean {
  if (text !== null && text !== "true" && text !== "false") refuse("provided string was not `true` or `false`");
  return text === "true";
}
