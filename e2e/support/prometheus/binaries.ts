// Where the real Prometheus and Alertmanager are: Debian's packages prometheus and prometheus-alertmanager, or what
// PROMETHEUS, PROMTOOL and ALERTMANAGER name.
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

export type Binaries = { readonly prometheus: string; readonly promtool: string; readonly alertmanager: string };

/** All of them, or why not. */
export function findBinaries(env: NodeJS.ProcessEnv = process.env): Binaries | { readonly missing: string } {
  const prometheus = env["PROMETHEUS"] ?? search(env, "prometheus");
  // Debian's name first: there is an unrelated program of the shorter one.
  const alertmanager = env["ALERTMANAGER"] ?? search(env, "prometheus-alertmanager") ?? search(env, "alertmanager");
  const promtool = env["PROMTOOL"] ?? search(env, "promtool");
  if (prometheus !== undefined && promtool !== undefined && alertmanager !== undefined)
    return { prometheus, promtool, alertmanager };
  return {
    missing:
      "no prometheus and prometheus-alertmanager in PATH; on Debian: apt-get install prometheus prometheus-alertmanager",
  };
}

function search(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const files = (env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, name));
  return files.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
