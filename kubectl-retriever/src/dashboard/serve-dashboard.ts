// The command `dashboard`: watches, listens, prints the link, and serves until it is interrupted.

import type { Clock } from "@retriever/operator/ports/clock.ts";
import { clusterWord } from "#output/cluster-word.ts";
import { exitCodes } from "#output/exit-codes.ts";
import type { Connected, Surroundings } from "#surroundings.ts";
import { LiveMigrations } from "./live-migrations.ts";
import { makePages } from "./pages.ts";
import type { Served } from "./routes.ts";
import { listen } from "./server.ts";
import { Streams } from "./streams.ts";
import { Viewed } from "./viewed.ts";
import { visibleNamespaces, watchMigrations } from "./watch-migrations.ts";

type DashboardRequest = {
  /** 0: any free one. */
  readonly port: number;
  /** `own`: all that may be listed, else the context's. */
  readonly namespaces:
    | { readonly kind: "all" }
    | { readonly kind: "one"; readonly name: string }
    | { readonly kind: "visible" };
  /** With which a command reaches the same cluster as the same user, with a space before each. */
  readonly flags: string;
};

type Tools = Pick<Surroundings, "terminal" | "clock" | "signal"> & Connected;

/** Resolves when it was interrupted. */
export async function serveDashboard(asked: DashboardRequest, tools: Tools): Promise<number> {
  const { terminal, signal, client, evidence, request, kube, server, context, clockAheadMs } = tools;
  const clock = serverClock(tools.clock, clockAheadMs);
  const namespace = await namespaceOf(asked, tools);
  if (asked.namespaces.kind === "visible" && namespace !== undefined)
    terminal.warn(`migrations of all namespaces may not be listed; showing namespace ${namespace}`);
  const live = new LiveMigrations(watchMigrations({ kube, request }, namespace, clock), clock);
  let streams: Streams | undefined;
  let pages: Served["pages"] | undefined;
  const you = await client.whoAmI(signal);
  const viewed = new Viewed({
    client,
    evidence,
    clock,
    viewedNow: () => [...(streams?.pages ?? [])].flatMap((page) => pages?.migrationOf(page) ?? []),
    onChange: () => streams?.changed(),
  });
  const serve = (base: string): Served => {
    const standing = () => ({ server, context, you, namespace, now: clock.now(), clockAheadMs: clockAheadMs() });
    pages = makePages({ live, viewed, base, standing, flags: asked.flags });
    streams = new Streams(pages.fragments, clock);
    return { pages, streams, you, client, clock, signal, cluster: { server, context, flags: asked.flags } };
  };
  const listener = await listen(asked.port, serve).catch((fault: unknown) => {
    if ((fault as NodeJS.ErrnoException).syscall !== "listen") throw fault;
    terminal.warn(`port ${asked.port} of 127.0.0.1 can't be listened on: ${(fault as Error).message}`);
    return undefined;
  });
  if (listener === undefined) return exitCodes.error;
  live.onChange(() => streams?.changed());
  live.start();
  const reading = viewed.run(signal);
  terminal.print(`Dashboard of ${clusterWord(tools)}. Open this link; it works once, in one browser:`);
  terminal.print(listener.link);
  terminal.warn("Ctrl+C ends it. Whoever opens the link acts as you.");
  await aborted(signal);
  await listener.close();
  await Promise.all([live.stop(), reading]);
  return exitCodes.interrupted;
}

/** What is shown was written by the server's time: ages by another clock would be wrong by the difference. */
function serverClock(clock: Clock, aheadMs: () => number): Clock {
  return {
    now: () => clock.now() - aheadMs(),
    elapsed: () => clock.elapsed(),
    after: (delayMs, call) => clock.after(delayMs, call),
  };
}

async function namespaceOf({ namespaces }: DashboardRequest, tools: Tools): Promise<string | undefined> {
  if (namespaces.kind === "one") return namespaces.name;
  return namespaces.kind === "all" ? undefined : visibleNamespaces(tools.request, tools.namespace, tools.signal);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
