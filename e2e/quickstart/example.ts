// The manifests of examples/quickstart as the embedded cluster can run them: stores that run beside it take the place of
// those in stores.yaml, and nothing else is another.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, parseAllDocuments, stringify } from "yaml";

export const folder = join(import.meta.dirname, "../../examples/quickstart");
export const namespace = "quickstart";
export const name = "docs-to-qdrant";
export const application = "docs-search";

export type Stores = { readonly postgresUrl: string; readonly qdrantUrl: string };
type Kinded = { readonly kind: string; readonly metadata: { readonly name: string } };

const paths: Readonly<Record<string, string>> = {
  Deployment: `/apis/apps/v1/namespaces/${namespace}/deployments`,
  CronJob: `/apis/batch/v1/namespaces/${namespace}/cronjobs`,
  ConfigMap: `/api/v1/namespaces/${namespace}/configmaps`,
  RetrieverMigration: `/apis/retriever.dev/v1alpha1/namespaces/${namespace}/retrievermigrations`,
};

export function textOf(file: string): string {
  return readFileSync(join(folder, file), "utf8");
}

/** Objects with the path to create each at, in order. Rights aren't there, for the cluster knows none. */
export function applicationObjects(stores: Stores): { readonly path: string; readonly object: Kinded }[] {
  const files = ["application.yaml", "verify.yaml"].flatMap((file) =>
    parseAllDocuments(placed(textOf(file), stores)).map((document) => document.toJS() as Kinded),
  );
  return [baseConfigMap(), codeConfigMap(), ...files].flatMap((object) => {
    const path = paths[object.kind];
    return path === undefined ? [] : [{ path, object }];
  });
}

/** The Secret can't be read here: its value stands in the container. */
function placed(text: string, { postgresUrl, qdrantUrl }: Stores): string {
  return text
    .replaceAll("qdrant.quickstart.svc:6333", new URL(qdrantUrl).host)
    .replaceAll(
      /valueFrom: \{ secretKeyRef: [^}]*\} \}|valueFrom: \{ secretKeyRef: [^}]*\}/g,
      `value: "${postgresUrl}"`,
    );
}

function baseConfigMap(): Kinded & { readonly data: object } {
  const base = parse(textOf("retriever.yaml")) as { readonly primary: object };
  // The Postgres may be PGlite: one session for everybody.
  const primary = { ...base.primary, preparedStatements: false, poolSize: 2 };
  const data = { "retriever.yaml": stringify({ ...base, primary }) };
  return { kind: "ConfigMap", metadata: { name: `${application}-retriever` }, data };
}

function codeConfigMap(): Kinded & { readonly data: object } {
  return { kind: "ConfigMap", metadata: { name: `${application}-code` }, data: { "app.mjs": textOf("app.mjs") } };
}

export function migrationObject(stores: Stores): { readonly path: string; readonly object: Kinded } {
  const object = parse(placed(textOf("migration.yaml"), stores)) as Kinded;
  return { path: paths["RetrieverMigration"] ?? "", object };
}
