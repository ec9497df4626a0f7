// A search for secrets that finds none is worth nothing unless it finds each spelling of one.
import { expect, test } from "vitest";
import { makeCanaries, namesIn } from "./canaries.ts";

const all = Object.values(makeCanaries(7));

test.each([
  ["as it is", (secret: string) => secret],
  ["as JSON has it", (secret: string) => JSON.stringify({ secret })],
  ["in JSON within JSON", (secret: string) => JSON.stringify(JSON.stringify(secret))],
  ["in an address", encodeURIComponent],
  ["in capitals", (secret: string) => secret.toUpperCase()],
  ["as hex", (secret: string) => Buffer.from(secret).toString("hex")],
  ["cut off", (secret: string) => secret.slice(0, 11)],
  ["as base64", (secret: string) => Buffer.from(secret).toString("base64")],
  ["as base64 behind a user", (secret: string) => Buffer.from(`app:${secret}`).toString("base64")],
  ["as base64url behind another user", (secret: string) => Buffer.from(`admin:${secret}`).toString("base64url")],
])("a secret %s is found, and no other one", (_how, spell) => {
  for (const { name, secret } of all) expect(namesIn(`before ${spell(secret)} behind`, all)).toEqual([name]);
});

test("a text without one gives none away", () => {
  expect(namesIn(JSON.stringify(Object.keys(process.env)), all)).toEqual([]);
});
