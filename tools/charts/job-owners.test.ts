// Whose a Job is: the policy's own expressions, asked about people, controllers and Jobs.
import { describe, expect, it } from "vitest";
import { jobLabel } from "../../operator/src/adapters/jobs/job-documents.ts";
import { makeRefusalOf } from "./ask-policy.ts";

const refusalOf = makeRefusalOf("-job-owners");
const refused = "only the operator and break-glass put the label";

type Labels = Readonly<Record<string, string>>;
const jobOf = (labels?: Labels): object => ({ metadata: { name: "docs-verify-1", ...(labels && { labels }) } });
const ours = jobOf({ app: "a", [jobLabel]: "6f1d" });
const named = (template?: string): object => ({
  metadata: {
    name: "docs-verify-1",
    labels: { [jobLabel]: "6f1d" },
    annotations: { note: "mine", ...(template !== undefined && { "retriever.dev/job-template": template }) },
  },
});

/** A CronJob that a tenant writes has its Jobs made by the cluster's own controller. */
const strangers = [
  "alice",
  "system:serviceaccount:search:runner",
  "system:serviceaccount:kube-system:cronjob-controller",
];

describe.each(strangers)("%s", (username) => {
  it.each<[string, object, object | undefined]>([
    ["makes a Job of a migration", ours, undefined],
    ["makes one of its own a migration's", ours, jobOf({ app: "a" })],
    ["makes one without labels a migration's", ours, jobOf()],
    ["makes a migration's Job another's", jobOf({ [jobLabel]: "other" }), ours],
    ["takes a Job from its migration", jobOf(), ours],
    ["hides which CronJob a migration's Job was made of", named(), named("docs-verify")],
    ["says that it was made of another", named("nightly"), named("docs-verify")],
  ])("is refused where it %s", (_, object, before) => {
    expect(refusalOf({ username, object, ...(before && { before }) })).toContain(refused);
  });

  it.each<[string, object, object | undefined]>([
    ["a Job of its own", jobOf({ app: "a" }), undefined],
    ["a Job without labels", jobOf(), undefined],
    ["other fields of a migration's Job", named("docs-verify"), named("docs-verify")],
    ["other labels of a migration's Job", jobOf({ app: "b", [jobLabel]: "6f1d" }), ours],
  ])("may write %s", (_, object, before) => {
    expect(refusalOf({ username, object, ...(before && { before }) })).toBeUndefined();
  });
});

it.each([
  ["system:serviceaccount:retriever-system:retriever-migration-operator", []],
  ["carol", ["retriever:break-glass"]],
])("%s makes Jobs of migrations", (username, groups) => {
  expect(refusalOf({ username, groups, object: ours })).toBeUndefined();
});
