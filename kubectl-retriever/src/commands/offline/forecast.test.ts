// `plan`: what stands on its first screen.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { runCli } from "#program.ts";
import { makeFakeSurroundings } from "#test/fake-surroundings.ts";
import { makeFakeTerminal } from "#test/fake-terminal.ts";

const migration = readFileSync(new URL("../../../../examples/default/migration.yaml", import.meta.url), "utf8");

async function run(words: readonly string[], given: Readonly<Record<string, string>>) {
  const files = { read: async (path: string) => given[path] ?? "", write: async () => undefined };
  const terminal = makeFakeTerminal();
  const code = await runCli(words, makeFakeSurroundings({ files, terminal }).around);
  return { code, printed: terminal.printed, warned: terminal.warned };
}

it.each(["plan", "rehearse"])("%s of two manifests exits with 1: one would be passed over", async (command) => {
  const files = { "a.yaml": migration, "b.yaml": migration };
  const { code, printed, warned } = await run([command, "-f", "a.yaml", "-f", "b.yaml"], files);
  expect({ code, printed }).toEqual({ code: 1, printed: [] });
  expect(warned.join("\n")).toContain("expected one, received a.yaml as well");
});

it("plan without a rate shows three traffics side by side, on one screen, and how to see more", async () => {
  const { code, printed } = await run(["plan", "-f", "m.yaml"], { "m.yaml": migration });
  expect(code).toBe(0);
  expect(printed.length).toBeLessThan(24);
  const rows = printed.map((line) => line.split(/ {2,}/));
  expect(rows).toContainEqual(["1", "13h54m", "5h34m", "2h47m", "24h", "46h14m", "25s", "10m17s"]);
  expect(rows).toContainEqual(["100", "2h", "45m", "45m", "24h", "27h30m", "25s", "7m44s"]);
  expect(printed.at(-1)).toContain("--rate");
  expect(printed.at(-1)).toContain("--details");
});

it("plan says how many pods a share asks for, where a cutover goes on without some", async () => {
  const line = async (share: string) => {
    const manifest = `${migration.trimEnd()}\n  cutover: { minAcknowledged: ${share} }\n`;
    const { code, printed } = await run(["plan", "-f", "m.yaml"], { "m.yaml": manifest });
    expect(code).toBe(0);
    return printed.filter((one) => one.startsWith("Cutover:"));
  };
  expect(await line("67%")).toEqual([
    "Cutover: minAcknowledged 67% asks 2 of 2, 2 of 3, 4 of 5, 7 of 10, 67 of 100 pods; the others stay at the source.",
  ]);
  expect(await line("100%")).toEqual([]);
});

it("plan with details says what each gate needs and the smallest harm that is noticed", async () => {
  const words = ["plan", "-f", "m.yaml", "--rate", "10"];
  const short = await run(words, { "m.yaml": migration });
  const whole = await run([...words, "--details"], { "m.yaml": migration });
  for (const head of ["GATE", "A WHOLE GUARD NOTICES", "Reckoned without bursts"]) {
    expect(short.printed.filter((line) => line.startsWith(head))).toEqual([]);
    expect(whole.printed.filter((line) => line.startsWith(head))).toHaveLength(1);
  }
  expect(short.printed.length).toBeLessThan(26);
});

it("plan at 0.7 requests/s says how soon a dead, a wrong and a slow destination is left", async () => {
  const ran = await run(["plan", "-f", "m.yaml", "--rate", "0.7"], { "m.yaml": migration });
  expect(ran.code).toBe(0);
  const row = (about: string) => ran.printed.find((line) => line.startsWith(about))?.split(/ {2,}/);
  expect(row("IF THE DESTINATION")).toEqual(["IF THE DESTINATION", "STAGE 1", "STAGE 2", "STAGE 3", "GUARD"]);
  expect(row("fails every request")?.at(-1)).toBe("32s");
  expect(row("gives wrong answers only")?.at(-1)).toBe("10m28s");
  expect(row("is slower by 80 ms or more in 30 % of answers")?.at(-1)).toBe("11m25s");
  expect(row("is slower by 80 ms or more in 8 % of answers")?.at(-1)).toBe("1h48m");
  expect(ran.printed.at(-1)).toBe("The guard takes 24h by the calendar; its deadline is 72h.");
});
