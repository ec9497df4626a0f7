// The command `lint`: everything that is wrong with files, at once, before any cluster sees them.
import { apiGroup } from "@retriever/crds/migration.ts";
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import { planHash } from "@retriever/crds/spec/plan.ts";
import { counted } from "@retriever/operator/page/words.ts";
import type { ConfigFault } from "@retriever/stores/config/config-fault.ts";
import { type Documents, type LocatedDocument, readDocuments } from "#files/documents.ts";
import { type Files, fileFault } from "#files/files.ts";
import type { Form } from "#output/documents.ts";
import { exitCodes } from "#output/exit-codes.ts";
import { slipOf } from "#output/similar.ts";
import type { Terminal } from "#output/terminal.ts";
import type { Surroundings } from "#surroundings.ts";
import { type Checked, checkDocument, ownKinds } from "./check-document.ts";
import type { Judgement } from "./judge-migration.ts";

export type OfflineTools = {
  readonly files: Files;
  /** Measured traffic is larger than a manifest. */
  readonly trafficFiles: Files;
  readonly terminal: Terminal;
  readonly workers: Surroundings["workers"];
  readonly scenarios: Surroundings["scenarios"];
  readonly signal: AbortSignal;
};

export type LintRequest = {
  /** Files, folders, and `-`. */
  readonly paths: readonly string[];
  /** Folders with everything below them. */
  readonly deep: boolean;
  /** As data; undefined: as text. */
  readonly form: Form | undefined;
  /** What the policies of other files make of a migration of that name. */
  readonly judge: (spec: MigrationSpec, name: string) => Judgement;
};

/** Checks every document of every file. Exit code 0, 2 with faults in a document, 1 when a file can't be read. */
export async function lintFiles({ paths, deep, form, judge }: LintRequest, tools: OfflineTools): Promise<number> {
  const codes: number[] = [];
  for (const path of paths) {
    const inFolder = await tools.files.manifestsIn(path, deep);
    const checked: Linted[] = [];
    for (const file of inFolder ?? [path])
      checked.push(await lintFile(file, tools, { form, judge, isLone: inFolder === undefined }));
    codes.push(...checked.map(({ code }) => code));
    if (checked.some(({ code, count }) => count > 0 || code !== exitCodes.ok)) continue;
    const below = inFolder === undefined || deep ? "" : "; -R takes the folders below it as well";
    tools.terminal.warn(`${path}: nothing to check; expected a document of kind ${ownKinds.join(", ")}${below}`);
    codes.push(exitCodes.error);
  }
  if (codes.includes(exitCodes.error)) return exitCodes.error;
  return codes.includes(exitCodes.refused) ? exitCodes.refused : exitCodes.ok;
}

type Linted = { readonly code: number; readonly count: number };

function documentOf(path: string, { line, checked, refusals, warnings }: Found & Judged): LintedDocument {
  return {
    file: path,
    line,
    kind: checked.kind,
    ...("named" in checked ? checked.named : {}),
    ok: refusals.length === 0,
    faults: refusals,
    warnings,
  };
}

function sayFaults(path: string, judged: readonly Judged[], warn: (line: string) => void): void {
  for (const { refusals, warnings } of judged) {
    for (const one of refusals) warn(`${path}:${one.line}: ${one.message}`);
    for (const one of warnings) warn(`${path}:${one.line}: warning: ${one.message}`);
  }
}

/** Of a folder, documents of other kinds are passed over without a word. */
async function lintFile(
  path: string,
  tools: OfflineTools,
  { form, judge, isLone }: Pick<LintRequest, "form" | "judge"> & { readonly isLone: boolean },
): Promise<Linted> {
  const { print } = tools.terminal;
  // Faults are part of the data, but of names: those are of what is fine.
  const isSaid = form === undefined || form === "name";
  const warn = isSaid ? tools.terminal.warn : () => undefined;
  const loaded = await loadFile(path, { ...tools, terminal: { ...tools.terminal, warn } }, isLone);
  const judged = loaded.found.map((found) => ({ ...found, ...judgedBy(judge, found) }));
  if (loaded.code === exitCodes.ok) sayFaults(path, judged, warn);
  if (form !== undefined) {
    const documents = judged.map((one) => documentOf(path, one));
    for (const one of [...documents, ...loaded.refused.map((each) => ({ file: path, ok: false, ...each }))])
      print(JSON.stringify(one));
  } else if (loaded.code === exitCodes.ok) {
    for (const { line, checked, plan } of judged.filter(({ refusals }) => refusals.length === 0))
      print(`${path}:${line}: ${describe(checked, plan)}`);
  }
  const isRefused = loaded.code === exitCodes.ok && judged.some(({ refusals }) => refusals.length > 0);
  return { code: isRefused ? exitCodes.refused : loaded.code, count: loaded.found.length };
}

type Judged = {
  readonly plan: MigrationSpec | undefined;
  readonly refusals: readonly PlacedFault[];
  readonly warnings: readonly PlacedFault[];
};

function judgedBy(judge: LintRequest["judge"], { checked, lineOf }: Found): Judged {
  if (checked.kind !== "RetrieverMigration") return { plan: undefined, refusals: [], warnings: [] };
  const { plan, refusals, warnings } = judge(checked.spec, checked.named.name);
  const placed = (faults: readonly ConfigFault[]) => faults.map((fault) => ({ ...fault, line: lineOf(fault.path) }));
  return { plan, refusals: placed(refusals), warnings: placed(warnings) };
}

/** Where the stores have to be equal before the start, or stay so, and nobody but a person makes them so. */
function suggest({ data, checklist, writes }: MigrationSpec): string {
  const isFilled = data.copy !== "Never" || checklist.parity.policy !== "Require";
  const isFollowed = data.sync !== "Never" || writes !== "SourceOnly";
  return [
    isFilled ? "" : "; spec.data.copy: IfIncomplete would have the destination filled (docs/copy.md)",
    isFollowed ? "" : "; spec.data.sync: Continuous would bring what is written to the source (docs/sync.md)",
  ].join("");
}

function describe(checked: Checked, agreed: MigrationSpec | undefined): string {
  if (checked.kind === "RehearsalScenario")
    return `RehearsalScenario with ${counted(checked.scenario.events.length, "event")}: ok`;
  const { namespace, name } = checked.named;
  if (checked.kind === "RetrieverMigrationPolicy") return `RetrieverMigrationPolicy ${name}: ok`;
  const plan = agreed === undefined ? "" : `, plan ${planHash(agreed)}${suggest(agreed)}`;
  return `${checked.kind} ${namespace}/${name}: ok${plan}`;
}

/** A document as it is printed as data; `warnings` and a name are left out of what can't be read. */
export type LintedDocument = {
  readonly file: string;
  readonly line: number;
  readonly kind: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly ok: boolean;
  readonly faults: readonly PlacedFault[];
  readonly warnings?: readonly PlacedFault[];
};

type PlacedFault = ConfigFault & { readonly line: number };
type Found = { readonly line: number; readonly checked: Checked; readonly lineOf: (path: string) => number };
type Refused = { readonly line: number; readonly kind: string; readonly faults: readonly PlacedFault[] };
type Loaded = { readonly code: number; readonly found: readonly Found[]; readonly refused: readonly Refused[] };

/** In every document of ours, and in what was probably meant to be one. */
const ourWords = /retriever|MigrationAct|RehearsalScenario/i;
/** In what would be one, could it be read. */
const ourKinds = /^(?:kind|\s*"kind"):\s*"?(?:RetrieverMigration|MigrationAct|RehearsalScenario)/m;

/** Every document of ours in a file. Faults are said, all of them, each with its line; `code` is the exit code. */
export async function loadFile(
  path: string,
  { files, terminal }: Pick<OfflineTools, "files" | "terminal">,
  tellsOthers = true,
): Promise<Loaded> {
  const text = await files.read(path).catch((fault: unknown) => loadUnread(path, fault, { terminal, tellsOthers }));
  if (typeof text !== "string") return text;
  // Of a folder: templates of charts and much else that is no YAML end in .yaml.
  if (!tellsOthers && !ourWords.test(text)) return nothing;
  const read = readDocuments(text);
  const { documents, faults } = tellsOthers ? read : readInFolder(text, read);
  for (const { line, message } of faults) terminal.warn(`${path}:${line}: ${message}`);
  const torn = faults.map(({ line, message }) => ({ line, kind: "", faults: [{ path: "", line, message }] }));
  const judged = documents.map((document) => judgeDocument(document, tellsOthers));
  for (const line of judged.flatMap(({ warnings }) => warnings)) terminal.warn(`${path}:${line}`);
  const codes = [...judged.map(({ code }) => code), ...(torn.length > 0 ? [exitCodes.error] : [])];
  return {
    code: [exitCodes.error, exitCodes.refused].find((code) => codes.includes(code)) ?? exitCodes.ok,
    found: judged.flatMap(({ found }) => found ?? []),
    refused: [...torn, ...judged.flatMap(({ refused }) => refused ?? [])],
  };
}

const nothing: Loaded = { code: exitCodes.ok, found: [], refused: [] };

type Telling = Pick<OfflineTools, "terminal"> & { readonly tellsOthers: boolean };

function loadUnread(path: string, fault: unknown, { terminal, tellsOthers }: Telling): Loaded {
  if (!tellsOthers && (fault as NodeJS.ErrnoException).code === "EFBIG") {
    terminal.warn(`${path}: warning: passed over: ${(fault as Error).message}`);
    return nothing;
  }
  const message = fileFault("read", path, fault);
  terminal.warn(message);
  return {
    code: exitCodes.error,
    found: [],
    refused: [{ line: 1, kind: "", faults: [{ path: "", line: 1, message }] }],
  };
}

/** What can't be read there is nothing of ours, unless it says so. */
function readInFolder(text: string, read: Documents): Documents {
  if (read.faults.length === 0) return read;
  if (!ourKinds.test(text)) return { documents: [], faults: [] };
  return text.includes("{{") ? { ...read, faults: [unrendered] } : read;
}

/** Of a chart, in place of all that isn't YAML there. */
const unrendered = {
  line: 1,
  message: "a template isn't checked; what it makes is, by helm template ... | kubectl retriever lint -f -",
};

type JudgedDocument = {
  readonly code: number;
  readonly found?: Found;
  readonly refused?: Refused;
  /** Each with its line. */
  readonly warnings: readonly string[];
};

function judgeDocument(document: LocatedDocument, tellsOthers: boolean): JudgedDocument {
  const { firstLine, kind, lineOf } = document;
  const result = checkDocument(document);
  if (result === undefined) return judgeOther(document, tellsOthers);
  if (result.ok)
    return { code: exitCodes.ok, found: { line: firstLine, checked: result.checked, lineOf }, warnings: [] };
  const faults = result.faults
    .map((fault) => ({ ...fault, line: placeOf(document, fault.path) }))
    .toSorted((a, b) => a.line - b.line);
  const warnings = faults.map(({ line, path, message }) => `${line}: ${path}: ${message}`);
  return { code: exitCodes.refused, refused: { line: firstLine, kind, faults }, warnings };
}

/** Of a folder's many documents only those that were probably meant to be ours are told of. */
function judgeOther(document: LocatedDocument, tellsOthers: boolean): JudgedDocument {
  const { firstLine, kind } = document;
  const slip = describeSlip(document);
  if (slip === undefined) {
    const words = `${firstLine}: kind ${kind || "not given"} is not checked`;
    return { code: exitCodes.ok, warnings: tellsOthers ? [words] : [] };
  }
  const line = document.lineOf("kind");
  const refused = { line, kind, faults: [{ path: "kind", line, message: slip }] };
  return { code: exitCodes.error, refused, warnings: [`${line}: ${slip}`] };
}

/** What is wrong with a document that was probably meant to be ours; undefined for anybody else's. */
function describeSlip({ kind, value }: LocatedDocument): string | undefined {
  const version = typeof value === "object" && value !== null && "apiVersion" in value ? String(value.apiVersion) : "";
  const isOfOurGroup = slipOf(version.replace(/\/.*/, ""), [apiGroup]) !== undefined;
  // Other projects have a kind Migration, too.
  const meant = slipOf(kind, ownKinds, isOfOurGroup ? undefined : 2);
  if (meant === undefined && !isOfOurGroup) return undefined;
  const words = meant === undefined ? "" : `; did you mean ${meant}?`;
  return `kind ${kind || "not given"} of ${version || "no apiVersion"} is none of ${ownKinds.join(", ")}${words}`;
}

/** Paths of a scenario begin with the word `scenario`, which isn't in the file. */
function placeOf(document: LocatedDocument, path: string): number {
  return document.lineOf(path.replace(/^scenario(?=$|[.[])\.?/, ""));
}
