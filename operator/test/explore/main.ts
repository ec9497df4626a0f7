// `make explore`: every reachable state of a migration under up to three faults, each held to the invariants.
import { decide } from "#core/decide.ts";
import { invariants } from "./report.ts";
import { explore } from "./search.ts";

const asked = process.argv[2] ?? "3";
if (!/^[0-9]$/.test(asked)) throw new RangeError(`ARGS: got ${asked}, expected a number of faults from 0 to 9`);
const mostFaults = Number(asked);
const from = performance.now();
const found = explore({
  decide,
  mostFaults,
  onProgress: (worlds, open) => process.stderr.write(`\r${worlds} states, ${open} queued`),
});
const { worlds, transitions, depth, byFaults, report, violations, isComplete } = found;
const print = (line: string): void => void process.stdout.write(`${line}\n`);
print(
  `\n2 pods, 3 stages, 1 comparison after a late rollback, up to ${mostFaults} faults: ${worlds} states, ${transitions} transitions, depth ${depth}`,
);
print(
  `states by the fewest faults they need: ${byFaults.join(", ")}; ${((performance.now() - from) / 1000).toFixed(1)} s`,
);
for (const [name, words] of Object.entries(invariants)) {
  const times = report.checked.get(name as keyof typeof invariants) ?? 0;
  print(`  ${name.padEnd(12)} ${String(times).padStart(9)} times  ${words}`);
}
for (const { invariant, what, path } of violations) {
  print(`\nviolated ${invariant}: ${what}`);
  path.forEach((line, index) => print(`  ${String(index).padStart(3)}. ${line}`));
}
const ok = violations.length === 0 && isComplete;
print(JSON.stringify({ R2: { states: worlds, transitions, violations: violations.length, ok } }));
process.exitCode = ok ? 0 : 1;
