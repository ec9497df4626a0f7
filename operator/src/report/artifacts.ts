// What the runbook wants updated after a migration, each with what to write there.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { isFinalPhase } from "@retriever/crds/status/phase-steps.ts";
import { printable } from "@retriever/stores/values/printable.ts";
import { isSettled } from "#core/overlay/overlay-state.ts";
import { counted } from "#page/words.ts";
import { basePatch, connectionVariable } from "./base-patch.ts";
import type { Artifact, Report } from "./report.ts";

type Facts = Pick<Report, "migration" | "source" | "destination" | "planHash" | "evidence" | "until" | "result"> & {
  readonly status: MigrationStatus;
  readonly plan: MigrationSpec | undefined;
};

/** Repository and secrets, dashboards, traceability: the runbook's section 7, in its order. */
export function artifactsOf(facts: Facts): Artifact[] {
  return [configuration(facts), secrets(facts), dashboards(facts), traceability(facts)];
}

function configuration({ status, plan, source, destination }: Facts): Artifact {
  const title = "Configuration repository: the base";
  const isDone = isSettled(status);
  if (status.phase !== "Completed" || plan === undefined) {
    const note = `The base goes on naming ${source}.`;
    return { title, state: isDone || status.phase !== "RolledBack" ? "nothing to do" : "open", note, content: null };
  }
  const note = isDone
    ? `Every pod's base names ${destination}; the overlay is removed.`
    : `Merge this into the base and deploy (RFC 7396: null removes a field${variableNote(status, plan)}): once every pod's base names ${destination}, the overlay is removed. Without it the overlay stays, and so does the migration's hold on the workload.`;
  return {
    title,
    state: isDone ? "done" : "open",
    note,
    content: { language: "json", text: basePatch(plan.destination, status.source?.kind) },
  };
}

function variableNote({ source }: MigrationStatus, { destination }: MigrationSpec): string {
  if (destination.kind !== "pgvector") return "";
  return `; ${connectionVariable(source?.kind)} holds the destination's connection string`;
}

function secrets({ status, plan, source, destination }: Facts): Artifact {
  const title = "Secrets manager";
  const used = credentialsOf(plan?.destination);
  const names = used.length === 0 ? "no credential" : used.join(", ");
  if (status.phase !== "Completed") {
    const note = `The destination's credentials (${names}) are needed by a further attempt only.`;
    return { title, state: "nothing to do", note, content: null };
  }
  const note = `Keep what the base names for ${destination} (the migration used ${names}). What only ${source} needs can go once nobody goes back to it.`;
  return { title, state: "open", note, content: null };
}

/** Where the credentials of the destination come from, never what they are. */
function credentialsOf(destination: MigrationSpec["destination"] | undefined): string[] {
  return Object.entries(destination ?? {}).flatMap(([field, value]) => {
    if (typeof value !== "object" || value === null) return [];
    const from = new Map<string, unknown>(Object.entries(value));
    const name = from.get("fromEnv") ?? from.get("fromFile");
    return typeof name === "string" ? [`${field} from ${name}`] : [];
  });
}

function dashboards({ status, source, destination }: Facts): Artifact {
  const title = "Dashboards and alerts of your own";
  if (status.phase !== "Completed")
    return { title, state: "nothing to do", note: `Labels go on naming ${source}.`, content: null };
  const note = `The chart's dashboards follow by themselves. In panels and rules of your own, what says ${source} says ${destination} now.`;
  return { title, state: "open", note, content: null };
}

/** The runbook's requirement; who has others writes their own number there. */
const requirement = "R-005";

function traceability({ migration, source, destination, planHash, evidence, until, result }: Facts): Artifact {
  const cells = [
    requirement,
    `${migration.namespace}/${migration.name}: ${source} to ${destination}`,
    `${result.phase} ${until.slice(0, 10)}`,
    `plan ${planHash}; ${counted(evidence.records, "record")}, SHA-256 ${evidence.hash.slice(0, 16)}`,
  ];
  const row = `| ${cells.map((cell) => printable(cell).replaceAll("|", "\\|")).join(" | ")} |`;
  return {
    title: "Traceability matrix",
    state: isFinalPhase(result.phase) ? "open" : "nothing to do",
    note: "One row for docs/traceability/rtm.md: requirement, what was moved, how it ended, what proves it.",
    content: { language: "markdown", text: row },
  };
}
