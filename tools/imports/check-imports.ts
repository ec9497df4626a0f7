// The import matrix as a command: prints each violation with the rule's advice; exit 1 when there is any.
import { join } from "node:path";
import { complaintsAboutMatrix, cruise, workspaceFolders } from "./import-matrix.ts";

const [{ modules, violations }, complaints] = await Promise.all([
  cruise(join(import.meta.dirname, "../.."), workspaceFolders),
  complaintsAboutMatrix(),
]);

for (const { rule, from, to } of violations) process.stderr.write(`${rule}: ${from} imports ${to}\n`);
for (const complaint of complaints) process.stderr.write(`${complaint}\n`);
if (violations.length > 0) process.stderr.write("Each rule says in .dependency-cruiser.mjs what to do instead.\n");
if (modules === 0) process.stderr.write("no module was read: the matrix judged nothing\n");
process.stdout.write(`${modules} modules\n`);
process.exitCode = modules === 0 || violations.length + complaints.length > 0 ? 1 : 0;
