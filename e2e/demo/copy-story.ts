// A destination that isn't there at first: the operator has it made, filled and followed while the application goes on
// writing to the source, until a person says that the writers moved.
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { eventually } from "#support/eventually.ts";
import { kubectlRetriever, retrieverData } from "#support/world/command-line.ts";
import { conditionOf, readStatus } from "#support/world/migration-status.ts";
import type { World } from "#support/world/start-world.ts";
import type { Application } from "./application.ts";
import { withConfigFolder } from "./config-folder.ts";
import { writesRole } from "./migration-manifest.ts";
import { type Completed, complete, migrationName, type Stage } from "./stories.ts";
import { startWriters, type Writers } from "./writers.ts";

export type Copied = {
  readonly completed: Completed;
  /** Of the application's writers, from before the copy until after the migration was completed. */
  readonly writes: number;
  readonly removals: number;
  /** Chunks that differ once the writers have stopped and the sync has read what they wrote. */
  readonly differences: number;
};

/** From no destination to Completed. Rejects without a Postgres that serves several sessions. */
export async function completeByCopy(stage: Stage): Promise<Copied> {
  const { world, screen } = stage;
  if (world.postgres.kind === "pglite")
    throw new Error(
      "DATA=copy: writers need a real Postgres beside the copy: set PGVECTOR_URL, or install Docker or pip",
    );
  const say = (line: string): void => screen.say(`${migrationName}: ${line}`);
  const writers = await startWriters(world);
  screen.say("the application writes to the source from now on; the destination isn't there");
  let differences = Number.NaN;
  try {
    const completed = await complete(stage, {
      copies: true,
      attend: makeApprover(world, say),
      onCompleted: async (application) => {
        differences = await compare(world, { application, writers, say });
        await moveWriters(world, say);
      },
    });
    return { completed, ...writers.counts(), differences };
  } finally {
    await writers.stop();
  }
}

/** Tells what the copy does, and approves the plan once. */
function makeApprover(world: World, say: (line: string) => void) {
  const told = new Set<string>();
  let isApproved = false;
  return async (_: Application, status: MigrationStatus): Promise<void> => {
    for (const type of ["DataCopied", "DataSynced"]) {
      const { reason = "", message = "" } = conditionOf(status, type) ?? {};
      if (reason === "" || told.has(`${type} ${reason}`)) continue;
      told.add(`${type} ${reason}`);
      say(`${type}: ${reason}: ${message}`);
    }
    if (isApproved || conditionOf(status, "DataCopied")?.reason !== "CopyNotApproved") return;
    isApproved = true;
    say(`kubectl-retriever approve ${migrationName} --role ${writesRole}`);
    await act(world, ["approve", migrationName, "--role", writesRole, "--yes-i-am", "admin"]);
  };
}

type Ending = {
  readonly application: Application;
  readonly writers: Writers;
  readonly say: (line: string) => void;
};

/** Stops the writers, and waits until the sync has brought all that they did. */
async function compare(world: World, { application, writers, say }: Ending): Promise<number> {
  await writers.stop();
  const { writes, removals } = writers.counts();
  say(`the writers stop after ${writes} writes and ${removals} removals; retriever-data verify --level vector`);
  return withConfigFolder(world, application, async (folder) => {
    const words = ["verify", "--level", "vector", "--lag", "0", "--config", folder];
    let said = "";
    const isEqual = async (): Promise<boolean> => {
      const { exitCode, stdout } = await retrieverData(words, application.storeEnv);
      said = stdout.trim();
      return exitCode === 0;
    };
    await eventually("both stores are equal", isEqual, { describe: () => said });
    say(said.split("\n").at(-1) ?? "");
    return 0;
  });
}

/** The application is deployed anew: its writers know the destination. */
async function moveWriters(world: World, say: (line: string) => void): Promise<void> {
  say(`kubectl-retriever writers-moved ${migrationName}`);
  await act(world, ["writers-moved", migrationName, "--reason", "deployed with the new store"]);
  const hasEnded = async () => (await readStatus(world.client, migrationName)).sync?.result !== undefined;
  await eventually("the sync ends", hasEnded);
  say("the sync has ended");
}

async function act(world: World, words: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await kubectlRetriever(world.adminKubeconfig, words);
  if (exitCode !== 0) throw new Error(`kubectl-retriever ${words.join(" ")}: ${stderr}`);
}
