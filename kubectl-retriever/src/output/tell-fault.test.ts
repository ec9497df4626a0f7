import { OperatorError } from "@retriever/operator/errors.ts";
import { expect, it } from "vitest";
import { makeFakeTerminal } from "#test/fake-terminal.ts";
import { tellFault } from "./tell-fault.ts";

it("a command that somebody interrupts says only that, and nothing of an operator", () => {
  const terminal = makeFakeTerminal();
  const fault = new OperatorError("ROP_STOPPED", "list retrievermigrations");
  expect(tellFault(fault, { terminal, signal: AbortSignal.abort() })).toBe(130);
  expect(terminal.warned).toEqual(["interrupted"]);
});
