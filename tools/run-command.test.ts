import { expect, it } from "vitest";
import { runCommand } from "./run-command.ts";

const node = process.execPath;
const options = { cwd: import.meta.dirname, deadlineSeconds: 20 };

it("hands back exit code and output of a command", async () => {
  const script = "process.stdout.write('out'); process.stderr.write('err'); process.exitCode = 3;";
  const ran = await runCommand([node, "-e", script], options);
  expect(ran).toMatchObject({ code: 3, stdout: "out" });
  expect(ran.output).toContain("err");
});

it("ends a command whose deadline passes", async () => {
  const ran = await runCommand([node, "-e", "setInterval(() => {}, 1000)"], { ...options, deadlineSeconds: 0.3 });
  expect(ran.code).toBe(124);
});

it("reports a command that doesn't exist instead of throwing", async () => {
  const ran = await runCommand(["/nonexistent/tool"], options);
  expect(ran.code).toBe(127);
  expect(ran.output).toContain("/nonexistent/tool");
});
