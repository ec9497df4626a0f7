// The command `support-bundle`: what somebody who helps needs to see, in one archive, without what looks like a secret.
import type { KubeObject } from "@retriever/operator/kube/documents.ts";
import { listAll } from "@retriever/operator/kube/listing.ts";
import { migrationPolicies, operatorLabels } from "@retriever/operator/kube/resources.ts";
import { counted } from "@retriever/operator/page/words.ts";
import type { Clock } from "@retriever/operator/ports/clock.ts";
import { limitTime } from "@retriever/operator/timing/deadline.ts";
import { clientVersion } from "#client-version.ts";
import { type Files, fileFault } from "#files/files.ts";
import { exitCodes } from "#output/exit-codes.ts";
import type { Terminal } from "#output/terminal.ts";
import { makeArchive } from "#support/archive.ts";
import { collectMigration } from "#support/collect-migration.ts";
import { collectOperator } from "#support/collect-pods.ts";
import { type Collected, type Sources, startCollecting } from "#support/collected.ts";
import { versionsDocument } from "../check/version.ts";
import { readVersions, skewOf } from "../check/versions.ts";

type BundleRequest = {
  readonly namespace: string;
  /** Undefined: every migration of the namespace. */
  readonly name: string | undefined;
  readonly operatorNamespace: string | undefined;
  /** Undefined: a name made of namespace and time, in the present folder. */
  readonly file: string | undefined;
};

type BundleTools = Omit<Sources, "signal"> & {
  readonly files: Files;
  readonly terminal: Terminal;
  readonly clock: Clock;
};

const mostMigrations = 10;
const mostOperators = 3;
/** Of the whole command: what wasn't read by then is listed as missing. */
const limitMs = 120_000;

/** Writes the archive, whatever could be read; 1 when it can't be written, or the named migration or everything is missing. */
export async function makeSupportBundle(asked: BundleRequest, tools: BundleTools, outer: AbortSignal): Promise<number> {
  const { terminal, clock, files } = tools;
  const at = new Date(clock.now());
  const folder = `support-bundle-${asked.namespace}-${at.toISOString().replaceAll(/[-:]|\.\d+/g, "")}`;
  const file = asked.file ?? `${folder}.tar.gz`;
  const limit = limitTime({ clock, limitMs, signal: outer });
  const collected = startCollecting(limit.signal);
  let hasSubject = false;
  try {
    hasSubject = await collect(asked, { ...tools, signal: limit.signal }, collected);
  } finally {
    limit.end();
  }
  if (outer.aborted) return exitCodes.interrupted;
  const entries = [...collected.entries(), manifestOf(collected, at)];
  try {
    await files.create(file, await makeArchive(folder, entries, at));
  } catch (fault) {
    terminal.warn(fileFault("write", file, fault));
    return exitCodes.error;
  }
  for (const { path, why } of collected.missing()) terminal.warn(`not in it: ${path}: ${why}`);
  terminal.print(`${file}: ${counted(entries.length, "file")}, ${collected.missing().length} missing`);
  terminal.warn(
    "what looks like a secret was taken out; read it before you pass it on: names, messages and addresses are in it",
  );
  return hasSubject && collected.entries().length > 0 ? exitCodes.ok : exitCodes.error;
}

function manifestOf(collected: Collected, at: Date) {
  const files = collected.entries().map(({ path, text }) => ({ path, characters: text.length }));
  const document = { madeAt: at.toISOString(), madeBy: clientVersion, files, missing: collected.missing() };
  return { path: "manifest.json", text: `${JSON.stringify(document, null, 2)}\n` };
}

/** Whether the migration that was named is in it. */
async function collect(asked: BundleRequest, from: Sources & BundleTools, to: Collected): Promise<boolean> {
  const { request, signal, clock } = from;
  const { namespace, operatorNamespace } = asked;
  const versions = await to.value("versions.json", async () => {
    const found = await readVersions({ namespace, operatorNamespace, now: clock.now() }, request, signal);
    return versionsDocument(found, skewOf(clientVersion, found));
  });
  await to.value("policies.json", () =>
    listAll(
      request,
      { place: { resource: migrationPolicies } },
      ({ metadata, spec }) => [{ name: metadata?.name, spec }],
      signal,
    ),
  );
  const isThere: boolean[] = [];
  for (const name of await namesOf(asked, from, to))
    isThere.push(await collectMigration({ namespace, name }, from, to));
  const selector = Object.entries(operatorLabels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
  const leading = (versions?.operators ?? []).map((operator) => operator.namespace);
  const theirs = operatorNamespace === undefined ? [...new Set(leading)].slice(0, mostOperators) : [operatorNamespace];
  for (const each of theirs)
    await collectOperator({ folder: `operators/${each}`, namespace: each, selector }, from, to);
  return asked.name === undefined || isThere.includes(true);
}

async function namesOf(
  { namespace, name }: BundleRequest,
  { client, signal }: Sources,
  to: Collected,
): Promise<readonly string[]> {
  if (name !== undefined) return [name];
  const found = await to.value(`migrations/${namespace}.json`, async () => {
    const listed = await client.listMigrations(namespace, signal);
    return listed.map((one) => (one as KubeObject).metadata?.name ?? "");
  });
  return (found ?? []).filter((one) => one !== "").slice(0, mostMigrations);
}
