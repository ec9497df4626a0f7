// What the chart's policies refuse, held to the tests on a real API server: each refusal is tried there under its own words.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";

const root = join(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

type Policy = {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: { readonly validations: readonly { readonly message: string; readonly messageExpression?: string }[] };
};

const release = "retriever-system-retriever-migration-operator";
const policies = parseAllDocuments(read("charts/retriever-migration-operator/renderings/default.yaml"))
  .map((document) => document.toJS() as Policy)
  .filter(({ kind }) => kind === "ValidatingAdmissionPolicy");

const folder = "e2e/stories/real/control-plane";
const tests = globSync("*.ts", { cwd: join(root, folder) }).map((file) => read(`${folder}/${file}`));
/** Texts that the tests look for in an answer: whole strings, and what stands in patterns. */
const sought = tests.flatMap((text) =>
  [...text.matchAll(/"((?:[^"\\\n]|\\.)+)"|\/([^/\n*]{10,})\//g)].flatMap(([, plain = "", pattern = ""]) => [
    plain,
    ...pattern.split("|"),
  ]),
);
/** Of fewer letters a word would stand in any sentence. */
const phrases = sought
  .map((text) => text.replaceAll("\\", ""))
  .filter((text) => text.length >= 10 && text.includes(" "));

/** An expression's own texts, one after the other. */
const saidIn = (expression: string): string[] =>
  [...expression.matchAll(/'[: ]*([^']+)'/g)].map(([, said = ""]) => said.trim());

/** One warns, and refuses nothing. */
const refusing = policies.filter(({ metadata }) => !metadata.name.endsWith("-unanswerable-check"));

type Validation = Policy["spec"]["validations"][number];

function isSaidBy({ message, messageExpression = "" }: Validation, phrase: string): boolean {
  const said = [message, ...saidIn(messageExpression)];
  return said.some((one) => one.includes(phrase) || (one.length >= 12 && phrase.includes(one)));
}

const validations = refusing.flatMap(({ spec }) => spec.validations);
/** Words that others say too prove none of them. */
const telling = phrases.filter((phrase) => validations.filter((one) => isSaidBy(one, phrase)).length === 1);

describe.each(refusing)("$metadata.name", ({ spec }) => {
  it.each(spec.validations)("is tried on an API server where it says: $message", (validation) => {
    expect(telling.some((phrase) => isSaidBy(validation, phrase))).toBe(true);
  });
});

it.each(policies)("$metadata.name stands in the page of the installation", ({ metadata: { name } }) => {
  const shown = name.startsWith(release) ? `…${name.slice(release.length)}` : name;
  expect(read("docs/install.md")).toContain(`\`${shown}\``);
});
