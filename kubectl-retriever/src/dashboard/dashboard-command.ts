// The options of `dashboard`.
import { resolve } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { type ClusterOptions, connected, withCluster } from "#commands/cluster-options.ts";
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
          serveDashboard({ port, namespaces, flags: flagsOf(options) }, { ...around, ...connection }),
        ),
      );
    });
}

/** The options that say which cluster and who, for a command that is copied from a page into any shell and folder. */
export function flagsOf({ context, kubeconfig, as, asGroup }: Omit<ClusterOptions, "requestTimeout">): string {
  const given: readonly (readonly [string, string | undefined])[] = [
    ["--context", context],
    ["--kubeconfig", kubeconfig === undefined ? undefined : resolve(kubeconfig)],
    ["--as", as],
    ...asGroup.map((group) => ["--as-group", group] as const),
  ];
  return given.map(([flag, value]) => (value === undefined ? "" : ` ${flag} ${quoted(value)}`)).join("");
}

/** As one word of a shell. */
function quoted(value: string): string {
  return /^[\w@%+:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : -1;
  if (port < 0 || port > 65_535) throw new InvalidArgumentError("expected a port from 0 to 65535");
  return port;
}
