// One act, before it is created: what it does, the command it equals, and what has to be typed; and then what came of it.
import { type Act, actsInRole, actsWithReason } from "@retriever/crds/migration.ts";
import { checkNames } from "@retriever/crds/spec/checklist-spec.ts";
import { element, group, type Markup } from "@retriever/operator/page/markup.ts";
import type { ActOptions } from "#commands/acts/act.ts";
import { exitCodes } from "#output/exit-codes.ts";
import type { OfferedAct } from "./offered-acts.ts";

type Subject = { readonly namespace: string; readonly name: string };

type ActForm = Subject & {
  readonly offered: OfferedAct;
  readonly you: string;
  /** As it is known to people: whoever watches two of them must see which one this is about. */
  readonly cluster: string;
  readonly roles: readonly string[];
  /** What the viewer sees: the act is for it alone. */
  readonly uid: string;
  readonly planHash: string;
  /** Path of the migration's page. */
  readonly path: string;
  /** What was typed before, where nothing came of it. */
  readonly typed?: URLSearchParams;
};

/** What the API takes, in characters. */
const longestReason = 1024;
const longestReport = 8192;

/** The form. A red act asks for nothing but the one confirmation that its button is. */
export function renderActForm(form: ActForm): Markup {
  const { offered, name, path } = form;
  const { act, about, equals, isRed, command, missing, refusal } = offered;
  const stands = missing === undefined ? refusal : `you seem to lack the right to ${missing}`;
  return group(
    actHeading(form),
    element("p", {}, `${about}. It is the command `, element("code", {}, equals)),
    stands === undefined ? undefined : element("p", { class: "fault" }, `As things stand: ${stands}.`),
    element(
      "form",
      { method: "post", action: `${path}/act/${command}`, autocomplete: "off" },
      ...fieldsOf(act, form),
      ...(["uid", "planHash"] as const).map((name) =>
        element("input", { type: "hidden", name, value: seenOf(form, name) }),
      ),
      isRed ? undefined : typedField(form),
      element(
        "button",
        { type: "submit", class: isRed ? "button red" : "button" },
        isRed ? `${command} ${name} now, for good` : command,
      ),
      element("a", { href: path }, "Back, without doing it"),
    ),
  );
}

/** Which act, on what, in which cluster. */
export function actHeading(of: Pick<ActForm, "offered" | "namespace" | "name" | "cluster">): Markup {
  const { offered, namespace, name, cluster } = of;
  const place = element("small", {}, ` in namespace ${namespace} of ${cluster}`);
  return element("h1", {}, `${offered.command}: ${name}`, place);
}

/** A form that is shown again is still for what was seen when it was opened. */
function seenOf(form: ActForm, name: "uid" | "planHash"): string {
  return form.typed?.get(name) ?? form[name];
}

/** What is typed to show that it is meant: the migration's name, and to approve the own one, as at the command line. */
function typedField(form: ActForm): Markup {
  const { offered, name, you } = form;
  const isApproval = offered.act === "Approve";
  const words = isApproval
    ? `You approve plan ${seenOf(form, "planHash")}. Type your user name, ${you}`
    : `Type the migration's name, ${name}`;
  return field(
    "typed",
    words,
    element("input", { id: "typed", name: "typed", required: "", autocapitalize: "off", spellcheck: "false" }),
  );
}

function fieldsOf(act: Act, { roles, typed }: ActForm): Markup[] {
  const before = (name: string): string => typed?.get(name) ?? "";
  const needed = actsWithReason.includes(act) ? { required: "" } : {};
  const reason = element("input", {
    id: "reason",
    name: "reason",
    maxlength: longestReason,
    value: before("reason"),
    ...needed,
  });
  return [
    ...(actsInRole.includes(act) ? [field("role", "Role", choice("role", roles, before("role")))] : []),
    ...(act === "Waive" ? [field("check", "Check that is Unknown", choice("check", checkNames, before("check")))] : []),
    ...(act === "RepairDrift" ? [field("digest", "Digest of the report", digestInput(before("digest")))] : []),
    ...(act === "Promote"
      ? [
          field(
            "waitForGates",
            "Wait for what blocks the cutover, at most 4 h",
            box("waitForGates", before("waitForGates")),
          ),
        ]
      : []),
    ...(act === "Postmortem"
      ? [
          field(
            "text",
            "The report",
            element(
              "textarea",
              { id: "text", name: "text", rows: 12, maxlength: longestReport, required: "" },
              linesOf(before("text")),
            ),
          ),
        ]
      : []),
    field(
      "reason",
      actsWithReason.includes(act) ? "Why, for the record" : "Why, for the record (may stay empty)",
      reason,
    ),
  ];
}

function digestInput(value: string): Markup {
  return element("input", { id: "digest", name: "digest", maxlength: 64, required: "", spellcheck: "false", value });
}

/** Lines stay lines; the first line end after the tag is none of the text. */
function linesOf(text: string): Markup {
  const lines = text.split(/\r?\n/).map((line) => group(line).markup);
  return { markup: `\n${lines.join("\n")}` };
}

function field(id: string, words: string, input: Markup): Markup {
  return element("p", {}, element("label", { for: id }, words), input);
}

function choice(name: string, values: readonly string[], chosen: string): Markup {
  const options = values.map((value) =>
    element("option", { value, ...(value === chosen ? { selected: "" } : {}) }, value),
  );
  return element("select", { id: name, name }, ...options);
}

function box(name: string, before: string): Markup {
  const checked = before === "yes" ? { checked: "" } : {};
  return element("input", { id: name, name, type: "checkbox", value: "yes", ...checked });
}

export type ReadForm =
  | { readonly ok: true; readonly reason: string; readonly options: ActOptions }
  | { readonly ok: false; readonly why: string };

/** How long the answer of the operator is waited for, in ms. */
const timeoutMs = 30_000;

/** What was sent, held to what the form asks: a browser's own checks are no checks. */
export function readActForm(act: Act, isRed: boolean, name: string, sent: URLSearchParams): ReadForm {
  // Forms end their lines with CRLF, which the field's limit counts as one character.
  const said = (field: string): string => (sent.get(field) ?? "").replaceAll("\r\n", "\n").trim();
  const reason = said("reason");
  const why =
    faultOf(act, reason, said(act === "RepairDrift" ? "digest" : "text")) ??
    (isRed ? undefined : untyped(act, name, said("typed")));
  if (why !== undefined) return { ok: false, why };
  const particulars: Readonly<Partial<Record<Act, Partial<ActOptions>>>> = {
    Approve: { role: said("role"), yesIAm: said("typed") },
    Deny: { role: said("role") },
    Waive: { check: said("check") },
    RepairDrift: { digest: said("digest") },
    Postmortem: { text: said("text") },
    Promote: said("waitForGates") === "yes" ? { waitForGates: true } : {},
  };
  const seen = { uid: said("uid"), planHash: said("planHash") };
  return { ok: true, reason, options: { yes: true, wait: true, timeoutMs, seen, ...particulars[act] } };
}

function faultOf(act: Act, reason: string, text: string): string | undefined {
  if (reason.length > longestReason) return `a reason has at most ${longestReason} characters`;
  if (text.length > longestReport) return `a report has at most ${longestReport} characters`;
  if (actsWithReason.includes(act) && reason === "") return "it needs a reason";
  if (act === "RepairDrift")
    return /^[0-9a-f]{64}$/.test(text) ? undefined : "it needs the report's digest, 64 hex digits";
  return act === "Postmortem" && text === "" ? "it needs the report" : undefined;
}

/** An approval is held against the user's name, which the API server says. */
function untyped(act: Act, name: string, typed: string): string | undefined {
  if (act === "Approve" || typed === name) return undefined;
  return `${typed === "" ? "nothing" : typed} was typed, expected ${name}`;
}

/** What the command's exit code means to whoever pressed the button. */
export function outcomeWord(code: number): string {
  const words = new Map<number, string>([
    [exitCodes.ok, "Done: the operator has taken it."],
    [exitCodes.refused, "Refused; the lines above say why."],
    [exitCodes.timeOut, "Not answered in time; the lines above say what lies there."],
    [
      exitCodes.interrupted,
      "The dashboard was ended meanwhile; the command `kubectl retriever status` says where it stands.",
    ],
  ]);
  return words.get(code) ?? "It failed; the lines above say why.";
}
