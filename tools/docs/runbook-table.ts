// The table of docs/runbook.md, and how much of the runbook it accounts for.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { missingOf, proofsIn } from "./proofs.ts";

const kinds = ["field", "phase", "condition", "reason", "act", "metric", "command", "file"] as const;
type Kind = (typeof kinds)[number];
type Named = { readonly kind: Kind; readonly name: string };
type Row = {
  readonly lines: readonly number[];
  readonly what: string;
  /** Begins with done, in part or people. */
  readonly state: string;
  readonly proof: string;
  readonly more: string;
  readonly named: readonly Named[];
};

const kindPattern = new RegExp(`(${kinds.join("|")})s? (\`[^\`]+\`(?:, \`[^\`]+\`)*)`, "g");

export function rowsOf(page: string): Row[] {
  const lines = page.split("\n").filter((line) => /^\| \d/.test(line));
  return lines.map((line) => {
    const [numbers = "", , what = "", state = "", proof = "", more = ""] = line.slice(2, -2).split(" | ");
    const named = [...namedIn(what), ...namedIn(state)];
    return { lines: numbers.split(", ").map(Number), what, state, proof, more, named };
  });
}

/** `fields `a`, `b`` names two fields. */
function namedIn(text: string): Named[] {
  return [...text.matchAll(kindPattern)].flatMap(([, kind = "", names = ""]) =>
    names.split(", ").map((name) => ({ kind: kind as Kind, name: name.replaceAll("`", "") })),
  );
}

/** Names in backticks of which a cell doesn't say what they are. */
export function unnamedIn({ what }: Row): boolean {
  return what.replaceAll(kindPattern, "").includes("`");
}

/** What a line lacks of something that does it, a test and a page; `folder` is the page's own. */
export function lackingOf(row: Row, folder: string): string[] {
  const lines = row.lines.join(", ");
  const about = (what: string): string => `line ${lines}: ${what}`;
  const page = /\]\(([^)#]+)/.exec(row.more)?.[1];
  const lacking = page !== undefined && existsSync(join(folder, page)) ? [] : [about("no page explains it")];
  if (!/^(done|people)(:|$)/.test(row.state))
    lacking.push(about(`${row.state.split(":")[0]}: neither done nor people's`));
  // What is only theirs needs nothing of ours.
  if (row.state === "people: it is theirs" && row.what === "nothing") return lacking;
  const proofs = proofsIn(row.proof);
  if (row.named.length === 0) lacking.push(about("nothing does it"));
  if (proofs.length === 0) lacking.push(about("no test proves it"));
  return [
    ...lacking,
    ...proofs.flatMap((proof) => missingOf(proof, folder)).map((gone) => about(`isn't there: ${gone}`)),
  ];
}
