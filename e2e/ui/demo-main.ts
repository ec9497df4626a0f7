// `make demo-dashboard`: a migration in every phase, and the dashboard over them until it is interrupted.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { phases } from "@retriever/crds/status/migration-status.ts";
import { startDashboard } from "./dashboard-process.ts";
import { nameOf, startPhases } from "./migrations.ts";

const folder = await mkdtemp(join(tmpdir(), "demo-dashboard-"));
const { api, patch } = await startPhases(folder);
const dashboard = await startDashboard(api.kubeconfigPath("admin"));
process.stdout.write(`Open this link; it works once, in one browser:\n${dashboard.announced}\nCtrl+C ends it.\n`);
let changes = 0;
const timer = setInterval(() => {
  changes += 1;
  patch(nameOf("Ramp"), { message: `latency gate is undecided; ${1134 - (changes % 1000)} samples to go` });
}, 2000);
await new Promise<void>((resolve) => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
});
clearInterval(timer);
await dashboard.stop();
await api.close();
await rm(folder, { recursive: true });
process.stdout.write(`${JSON.stringify({ migrations: phases.length, changes })}\n`);
