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
  "a key over several lines": (word) => `key:\n${pem(word, "\n    ")}`,
  "a key over several lines with times": (word) => pem(word, "\n2026-11-29T10:00:00Z stdout F "),
  "an encrypted key": (word) => pem(word, "\\nProc-Type: 4,ENCRYPTED\\n"),
  "a key in a line of JSON": (word) => JSON.stringify({ m: pem(word, "\n") }),
  "an address with @ in its password": (word) => `postgres://u:p@${word}@pg/app`,
  "an address with / in its password": (word) => `postgres://u:p/${word}@pg/app`,
  "an encoded address": (word) => encodeURIComponent(`postgres://u:${word}@pg/app`),
  "an address without a scheme": (word) => `u:${word}@pg.search.svc:5432`,
  "a parameter": (word) => `https://store/x?sig=${word}&a=1`,
  "an encoded parameter": (word) => `https://store/x?to=password%3D${word}`,
  "the address of a chat": (word) => `https://hooks.slack.com/services/T0/B0/${word}`,
  "an option": (word) => `psql --password ${word}`,
  "a list of options": (word) => JSON.stringify({ args: ["--api-key", word] }),
  "headers in pairs": (word) => JSON.stringify([["api-key", word]]),
  "printed headers": (word) => `[ 'api-key', '${word}' ]`,
  "another scheme": (word) => `authorization: ApiKey ${word}`,
  "a scheme with parameters": (word) => `Authorization: Digest username="u", response="${word}"`,
  "several cookies": (word) => `cookie: a=b; session=${word}`,
  "a header with a tab": (word) => `Bearer\t${word}`,
  "a variable DB_PASS": (word) => `DB_PASS=${word}`,
  "a variable DB_PWD": (word) => `DB_PWD=${word}`,
  "a field pass": (word) => JSON.stringify({ pass: word }),
  "a field of another case": (word) => JSON.stringify({ Name: "password", Value: word }),
  "an array of variables": (word) => JSON.stringify([{ name: "PGPASSWORD", value: word }]),
  "YAML of a variable": (word) => `- name: PGPASSWORD\n  value: ${word}`,
  "YAML of several lines": (word) => `password: |\n  ${word}`,
  "a password with a quote": (word) => `x ${JSON.stringify({ password: `a"${word}` })} y`,
  "a password with a comma": (word) => `password=ab,${word}`,
  "JSON within JSON within JSON": (word) => `x ${JSON.stringify(JSON.stringify(JSON.stringify({ password: word })))} y`,
  "JSON after a time": (word) => `2026-11-29T10:00:00Z {"auth":{"password":["a","${word}"]}}`,
  "a list within text": (word) => `got {"passwords":["${word}"]} from it`,
  "a printed map": (word) => `map[Api-Key:[${word}] a:b]`,
  "an arrow": (word) => `password => '${word}'`,
  XML: (word) => `<password>${word}</password>`,
  "a name of a field": (word) => JSON.stringify({ [`Bearer ${word}`]: 1 }),
  colours: (word) => `\u001b[32m'password'\u001b[39m: \u001b[32m'${word}'\u001b[39m`,
  "a broken word": (word) => `pass\u200bword=${word}`,
  "a long name": (word) => `password_for_the_database_of_the_search_service=${word}`,
  "words around it": (word) => `password "${word}" rejected`,
};

function pem(word: string, between: string): string {
  const lines = ["MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ", word, "x9=="];
  return ["-----BEGIN PRIVATE KEY-----", ...lines, "-----END PRIVATE KEY-----"].join(between);
}

test.each([
  "sk-proj-4f9aB2kQ8xZ1",
  "ghp_4f9aB2kQ8xZ1mN7c",
  Buffer.from("postgres://search:hunter2@pg.search.svc:5432/app").toString("base64"),
  "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
])("what only chance or a maker of tokens spells is taken out, whatever it is called: %s", (token) => {
  expect(redactLines(`found ${token} in it`)).toBe("found [secret] in it");
});

describe("no text takes longer than in proportion to its length", () => {
  const parts = [
    'password="',
    "password='",
    'password=\\"',
    "://",
    "a://",
    "a",
    "eyJ",
    "Bearer ",
    "{",
    "name:",
    "a:",
    "%3A%2F%2F",
  ];
  const keys = ["-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", "MII\n", "password: |\n x\n"];
  test.each([...parts, ...keys])("%s", (part) => {
    const text = part.repeat(1_000_000 / part.length);
    const from = performance.now();
    redactLines(text);
    expect(performance.now() - from).toBeLessThan(5000);
  });
});

test("of a key that is cut off on either side nothing is left", () => {
  const lines = ["MIIEvQIBADAN", "hkiG9w0BAQEF", "Kw=="];
  const [begin, end] = ["-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----"];
  expect(redactLines([...lines, end, "ok."].join("\n"))).toBe("[secret]\nok.");
  expect(redactLines(["ok.", begin, ...lines].join("\n"))).toBe("ok.\n[secret]");
  const several = [begin, ...lines, end, "ok.", begin, ...lines, end].join("\n");
  expect(redactLines(several)).toBe("[secret]\nok.\n[secret]");
});

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
  "RETR_CREDENTIAL_MISSING: apiKey: RETRIEVER_CRED_QDRANT isn't set",
  "image registry.example/retriever/retriever-operator:0.1.0@sha256:4f9a",
  '{"hasToken":true,"planHash":"5b0251106eee242d","secretName":"retriever-credentials"}',
  "Warning CredentialMissing: 2 of 3 pods have no credential",
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
    "\n",
    "=> ",
    "--token ",
    "'",
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 60 }), (words) => {
      const once = redactText(words.join(""));
      expect(redactText(once)).toBe(once);
    }),
  );
});
