// `make generate`: runs every generator, one after the other, and stops at the first that fails.
import { join } from "node:path";
import { generators } from "./generators.ts";
import { runCommand } from "./run-command.ts";

const root = join(import.meta.dirname, "..");

for (const { name, script } of generators) {
  const { code, output } = await runCommand([process.execPath, script], { cwd: root, deadlineSeconds: 60 });
  process.stdout.write(`${name}: ${code === 0 ? "fresh" : "failed"}\n${output}`);
  if (code !== 0) {
    process.exitCode = 1;
    break;
  }
}
