import { aChain, aChainFile, aDraft } from "@retriever/operator/test/builders/evidence.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { redactLines, redactText, redactValue } from "./redact.ts";

/** As generated passwords and tokens are: letters, digits and what stands in URLs. */
const secret = fc.stringMatching(/^CANARY[A-Za-z0-9_.~-]{6,40}$/);

const spellings: Readonly<Record<string, (secret: string) => string>> = {
  "an address": (word) => `can't reach postgres://search:${word}@pg.search.svc:5432/app`,
  "an address without a user": (word) => `redis://:${word}@cache`,
  "a header": (word) => `GET /collections authorization: Bearer ${word}`,
  "a header by itself": (word) => `sent Bearer ${word} to it`,
  "a connection string": (word) => `host=pg user=search password=${word} sslmode=require`,
  "a variable": (word) => `PGPASSWORD=${word}`,
  YAML: (word) => `  apiKey: ${word}`,
  "quoted YAML": (word) => `  "api_key": '${word} and more'`,
  "JSON within text": (word) => `answered {"token":"${word}","k":2}`,
  "JSON within JSON": (word) => JSON.stringify(`answered ${JSON.stringify({ clientSecret: word })}`),
  "a field of a line of JSON": (word) => JSON.stringify({ level: "error", auth: { password: `${word} ${word}` } }),
  "a variable of a container": (word) => JSON.stringify({ env: [{ name: "QDRANT_API_KEY", value: word }] }),
  "a list below a secret's name": (word) => JSON.stringify({ tokens: [word, { of: word }] }),
  "a key of a PEM file": (word) => `-----BEGIN RSA PRIVATE KEY-----\\n${word.replaceAll(/[_.~-]/g, "")}\\n`,
};

describe("a secret", () => {
  test.each(Object.entries(spellings))("in %s is taken out", (_, spell) => {
    fc.assert(
      fc.property(secret, (word) => {
        const shown = redactLines(spell(word));
        expect(shown).not.toContain(word.slice(6));
        expect(shown).not.toContain("CANARY");
        expect(shown).toContain("[secret]");
      }),
    );
  });
});

test.each([
  "waiting for approval: needs sre-on-call 0 of 1, at qdrant.search.svc:6333",
  "https://qdrant.search.svc:6333/collections/chunks",
  '{"level":"info","n":1.0,"message":"3 of 3 pods follow"}',
  "apiKey: { fromEnv: RETRIEVER_CRED_QDRANT }",
])("what holds no secret stays as it was: %s", (text) => {
  expect(redactLines(text)).toBe(text);
});

test("evidence stays as it was, so that its chain still holds", () => {
  const text = aChainFile(aChain([aDraft({ phase: "Pending", epoch: 0 }), aDraft({ phase: "Preflight", epoch: 1 })]));
  expect(redactLines(text)).toBe(text);
});

test("names of references to a secret stay, since they are how it is found", () => {
  const reference = { destination: { apiKey: { fromEnv: "RETRIEVER_CRED_QDRANT" } } };
  expect(redactValue(reference)).toEqual(reference);
});

test("whatever stands in a text, redacting it again changes nothing", () => {
  const pieces = fc.constantFrom(
    "password=",
    '"',
    "\\\\",
    "://",
    "@",
    "Bearer ",
    "eyJ",
    ".",
    "a",
    " ",
    "-----BEGIN PRIVATE KEY-----",
    ":",
    "{",
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 60 }), (words) => {
      const once = redactText(words.join(""));
      expect(redactText(once)).toBe(once);
    }),
  );
});
