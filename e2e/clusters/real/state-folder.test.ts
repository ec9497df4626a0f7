// What a crash leaves, and what belongs to somebody who lives.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { identityOf, isAlive } from "./process-identity.ts";
import { openStateFolder } from "./state-folder.ts";

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "retriever-state-"));
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

function leave(name: string, claim: object): string {
  const folder = join(base, name);
  mkdirSync(folder);
  writeFileSync(join(folder, "owner.json"), JSON.stringify(claim));
  return folder;
}

describe("a cluster's folder", () => {
  it("of an owner that is gone is removed at the next start, one of a living owner stays", async () => {
    const gone = leave("gone", { kind: "control-plane", owner: { pid: 4_194_305, startedAt: "1" } });
    const kept = leave("kept", { kind: "control-plane", owner: identityOf(process.pid) });
    const own = await openStateFolder("control-plane", base);
    expect([existsSync(gone), existsSync(kept), existsSync(own.path)]).toEqual([false, true, true]);
    await own.remove();
    expect(existsSync(own.path)).toBe(false);
  });

  it("whose owner's number went to another process is removed all the same", async () => {
    const gone = leave("gone", { kind: "control-plane", owner: { pid: process.pid, startedAt: "1" } });
    const own = await openStateFolder("control-plane", base);
    expect(existsSync(gone)).toBe(false);
    await own.remove();
  });

  it("of an owner that is gone takes its supervisor along", async () => {
    const supervisor = spawn("sleep", ["60"]);
    await once(supervisor, "spawn");
    const exited = once(supervisor, "exit");
    leave("gone", {
      kind: "control-plane",
      owner: { pid: 4_194_305, startedAt: "1" },
      supervisor: identityOf(supervisor.pid ?? 0),
    });
    const own = await openStateFolder("control-plane", base);
    expect((await exited)[1]).toBe("SIGKILL");
    await own.remove();
  });

  it("that says nothing readable of its owner is removed", async () => {
    const odd = leave("odd", { owner: "me" });
    const own = await openStateFolder("control-plane", base);
    expect(existsSync(odd)).toBe(false);
    await own.remove();
  });

  it("can't be had for a node while another one runs, which is named", async () => {
    leave("rival", { kind: "node", owner: identityOf(process.pid) });
    await expect(openStateFolder("node", base)).rejects.toThrow(`process ${process.pid} runs a node`);
  });
});

describe("a process", () => {
  it("is alive until it has ended", () => {
    const self = identityOf(process.pid);
    expect(self !== undefined && isAlive(self)).toBe(true);
    const { pid } = spawnSync("true");
    expect(identityOf(pid)).toBeUndefined();
  });
});
