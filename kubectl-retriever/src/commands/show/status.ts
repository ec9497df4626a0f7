// The command `status`: once, or again and again until the migration has ended.

import { isFinalPhase } from "@retriever/crds/status/phase-steps.ts";
import type { Clock } from "@retriever/operator/ports/clock.ts";
import { sleep } from "@retriever/operator/timing/delay.ts";
import { findMigration } from "#find-migration.ts";
import type { KubeClient } from "#kube-client.ts";
import { clusterWord, type NamedCluster } from "#output/cluster-word.ts";
import { type Form, printDocument } from "#output/documents.ts";
import { exitCodeOfStatus, exitCodes } from "#output/exit-codes.ts";
import { type MigrationView, viewMigration } from "#output/migration-view.ts";
import { renderLine, renderStatus } from "#output/render-status.ts";
import type { Terminal } from "#output/terminal.ts";
import { makePatience } from "./patience.ts";

type StatusRequest = {
  readonly namespace: string;
  readonly name: string;
  readonly watch: boolean;
  readonly output: "text" | Form;
};

type StatusTools = NamedCluster & {
  readonly client: KubeClient;
  readonly terminal: Terminal;
  readonly clock: Clock;
};

const pollEveryMs = 1000;

/** Prints the status; resolves with the exit code it means. */
export async function showStatus(asked: StatusRequest, tools: StatusTools, signal: AbortSignal): Promise<number> {
  if (asked.watch) return watchStatus(asked, tools, signal);
  const view = await findMigration(tools.client, asked.namespace, asked.name, signal);
  if (asked.output === "text") printStatus(view, tools);
  else tools.terminal.data(await printDocument(view.raw, asked.output));
  return exitCodeOfStatus(view.status);
}

function printStatus(view: MigrationView, tools: StatusTools): void {
  const { terminal, clock } = tools;
  const whole = Number.MAX_SAFE_INTEGER;
  const { isTty, color } = terminal;
  // Elsewhere than on a terminal every line is whole, and all of them are there.
  const [columns, rows] = isTty ? [terminal.columns(), terminal.rows()] : [whole, whole];
  const canvas = { columns, rows, color, cluster: clusterWord(tools) };
  for (const line of renderStatus(view, clock.now(), canvas)) terminal.show(line);
}

async function watchStatus(asked: StatusRequest, tools: StatusTools, signal: AbortSignal): Promise<number> {
  const { client, terminal, clock } = tools;
  const show = makeShow(asked, tools);
  const { answered, bear } = makePatience(terminal);
  while (!signal.aborted) {
    try {
      const view = viewMigration(await client.readMigration(asked.namespace, asked.name, signal));
      answered();
      await show(view);
      // A deleted migration ends a watch by itself: reading it fails.
      if (isFinalPhase(view.status.phase)) {
        terminal.endFrames();
        return exitCodeOfStatus(view.status);
      }
    } catch (fault) {
      if (signal.aborted) break;
      bear(fault);
    }
    await sleep(clock, pollEveryMs, signal);
  }
  terminal.endFrames();
  return exitCodes.interrupted;
}

/** A frame on a terminal; elsewhere a line (or a document) for each change. */
function makeShow(asked: StatusRequest, tools: StatusTools): (view: MigrationView) => Promise<void> {
  const { terminal, clock } = tools;
  const cluster = clusterWord(tools);
  let last = "";
  return async (view) => {
    const now = clock.now();
    const { output } = asked;
    if (output === "text" && terminal.isTty) {
      const canvas = { columns: terminal.columns(), rows: terminal.rows(), color: terminal.color, cluster };
      await terminal.frame(renderStatus(view, now, canvas));
      return;
    }
    const text = output === "text" ? renderLine(view, 0) : await printDocument(view.raw, output);
    if (text === last) return;
    last = text;
    if (output === "text") terminal.print(renderLine(view, now));
    else terminal.data(text);
  };
}
