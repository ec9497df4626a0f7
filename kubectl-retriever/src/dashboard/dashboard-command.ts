// The options of `dashboard`.
import { type Command, InvalidArgumentError, Option } from "commander";
import { type ClusterOptions, connected, flagsOf, withCluster } from "#commands/cluster-options.ts";
import type { End, Surroundings } from "#surroundings.ts";

type DashboardOptions = ClusterOptions & { readonly allNamespaces: boolean; readonly port: number };

/** dashboard. */
export function addDashboardCommand(program: Command, around: Surroundings, end: End): void {
  withCluster(program.command("dashboard"))
    .description("Serve a page of all migrations on 127.0.0.1, with your own rights, until it is interrupted")
    .addOption(new Option("--port <number>", "port of 127.0.0.1; 0: any free one").argParser(parsePort).default(0, "0"))
    .option("-A, --all-namespaces", "of all namespaces; default: all that may be listed, or the context's", false)
    .action(async ({ allNamespaces, port, ...options }: DashboardOptions) => {
      const { serveDashboard } = await import("./serve-dashboard.ts");
      const { namespace: name } = options;
      const one = name === undefined ? ({ kind: "visible" } as const) : ({ kind: "one", name } as const);
      const namespaces = allNamespaces ? ({ kind: "all" } as const) : one;
      end(
        await connected(options, around, (connection) =>
          serveDashboard({ port, namespaces, flags: flagsOf(options, connection) }, { ...around, ...connection }),
        ),
      );
    });
}

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : -1;
  if (port < 0 || port > 65_535) throw new InvalidArgumentError("expected a port from 0 to 65535");
  return port;
}
