// `make cluster-binaries`: what `make e2e` runs, built into the cache ahead of it; at once where it is there already.
import { helmBinary, kubernetesBinaries } from "./binaries.ts";
import { findGo } from "./go-build.ts";

const say = (line: string) => void process.stdout.write(`${line}\n`);
const go = await findGo();
if (go === undefined) {
  say("missing: Go 1.25 or newer, as `go` on PATH or in /usr/local/go");
  process.exit(1);
}
say(`Kubernetes: ${(await kubernetesBinaries(go, say)).folder}`);
for (const major of [3, 4] as const) say(`Helm ${major}: ${await helmBinary(go, major, say)}`);
