// The embedded cluster: API double and pod runner together, in one directory.
// Starts and ends both; adds nothing of its own.
import { join } from "node:path";
import { type EmbeddedApi, startApi } from "./api/start-api.ts";
import { type Runner, type RunnerOptions, startRunner } from "./runner/start-runner.ts";

type EmbeddedClusterOptions = {
  readonly directory: string;
  readonly runner?: Omit<RunnerOptions, "directory" | "api">;
};

export type EmbeddedCluster = AsyncDisposable & {
  readonly api: EmbeddedApi;
  readonly runner: Runner;
  readonly close: () => Promise<void>;
};

/** Kubeconfigs are written to `<directory>/api`, logs and volumes of pods to `<directory>/runner`. */
export async function startEmbeddedCluster(options: EmbeddedClusterOptions): Promise<EmbeddedCluster> {
  const api = await startApi({ directory: join(options.directory, "api") });
  const runner = startRunner({ ...options.runner, api, directory: join(options.directory, "runner") });
  const close = async () => {
    await runner.close();
    await api.close();
  };
  return { api, runner, close, [Symbol.asyncDispose]: close };
}
