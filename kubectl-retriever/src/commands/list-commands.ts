// The options of `get`, `events` and `wait`.
import { type Command, InvalidArgumentError, Option } from "commander";
import { type Form, forms } from "#output/documents.ts";
import { exitCodes } from "#output/exit-codes.ts";
import type { End, Surroundings } from "#surroundings.ts";
import { type ClusterOptions, connected, withCluster } from "./cluster-options.ts";
import { durationMs } from "./options.ts";
import { parseMigrationName } from "./typed-names.ts";

type GetOptions = ClusterOptions & { readonly allNamespaces: boolean; readonly output?: Form };
type EventsOptions = ClusterOptions & { readonly output?: Form };
type WaitOptions = ClusterOptions & { readonly for: string; readonly timeout: number };

/** get, events, wait. */
export function addListCommands(program: Command, around: Surroundings, end: End): void {
  withCluster(program.command("get"))
    .description("List the migrations")
    .argument("[name]", "this one alone", parseMigrationName)
    .option("-A, --all-namespaces", "of all namespaces", false)
    .addOption(new Option("-o, --output <form>", "the objects instead").choices(forms))
    .action(async (name: string | undefined, options: GetOptions) => {
      const { getMigration, listMigrations } = await import("./show/list-migrations.ts");
      const { allNamespaces, output } = options;
      if (name !== undefined && allNamespaces) {
        around.terminal.warn(`error: a name is of one namespace: give -n instead of -A, or no name`);
        end(exitCodes.error);
        return;
      }
      end(
        await connected(options, around, ({ client, namespace }) => {
          const tools = { client, ...around };
          return name === undefined
            ? listMigrations({ namespace: allNamespaces ? undefined : namespace, output }, tools, around.signal)
            : getMigration({ namespace, name, output }, tools, around.signal);
        }),
      );
    });
  withCluster(program.command("events"))
    .description("Show what the operator told of a migration, the newest last")
    .argument("<name>", "name of the RetrieverMigration", parseMigrationName)
    .addOption(new Option("-o, --output <form>", "as data").choices(forms))
    .action(async (name: string, options: EventsOptions) => {
      const { listEvents } = await import("./show/list-migrations.ts");
      const { output } = options;
      end(
        await connected(options, around, ({ client, namespace }) =>
          listEvents({ namespace, name, output }, { client, ...around }, around.signal),
        ),
      );
    });
  withCluster(program.command("wait"))
    .description("Wait until a migration is in a phase, or a condition of it is True")
    .argument("<name>", "name of the RetrieverMigration", parseMigrationName)
    .requiredOption("--for <what>", "a phase or a condition, such as Guard, Approved or Settled", bareCondition)
    .addOption(new Option("--timeout <time>", "how long, e.g. 30h").argParser(parseTime).default(30_000, "30s"))
    .action(async (name: string, options: WaitOptions) => {
      const { waitFor } = await import("./show/list-migrations.ts");
      const asked = { name, what: options.for, timeoutMs: options.timeout };
      end(
        await connected(options, around, ({ client, namespace }) =>
          waitFor({ namespace, ...asked }, { client, ...around }, around.signal),
        ),
      );
    });
}

/** `condition=Settled` and `condition=Settled=True`, as `kubectl wait` takes them, are the condition Settled. */
function bareCondition(text: string): string {
  return text.replace(/^condition=/i, "").replace(/=True$/i, "");
}

function parseTime(text: string): number {
  const ms = durationMs(text);
  if (ms <= 0) throw new InvalidArgumentError("expected a time such as 10m or 30h");
  return ms;
}
