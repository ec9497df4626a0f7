// `node e2e/clusters/real/helm-main.ts 3|4`: prints the path of that Helm, after building it when it isn't cached.
import { helmBinary } from "./binaries.ts";
import { findGo } from "./go-build.ts";

const go = await findGo();
if (go === undefined) {
  process.stderr.write("missing: Go 1.26 or newer, as `go` on PATH or in /usr/local/go\n");
  process.exit(1);
}
const path = await helmBinary(go, process.argv[2] === "4" ? 4 : 3, (line) => void process.stderr.write(`${line}\n`));
process.stdout.write(`${path}\n`);
