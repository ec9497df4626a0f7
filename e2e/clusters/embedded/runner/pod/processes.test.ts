// Child processes never outlive the runner, not even one that is killed without warning.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const abandoned = fileURLToPath(new URL("../../test/abandoned-main.ts", import.meta.url));

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

it("a runner that is killed leaves no child behind", async () => {
  const directory = await mkdtemp(join(tmpdir(), "abandoned-"));
  const parent = spawn(process.execPath, [abandoned, directory], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(parent.stdout, "data")) as [Buffer];
  const pid = Number(line.toString());
  expect(isAlive(pid)).toBe(true);
  parent.kill("SIGKILL");
  await expect.poll(() => isAlive(pid), { timeout: 60_000, interval: 20 }).toBe(false);
  await rm(directory, { recursive: true });
});
