// The sidecar's contract as JSON Schema and OpenAPI, from the schemas that judge the documents.
import { contractDocuments } from "../../retriever-sidecar/src/contract/documents.ts";

/** Renderers by path. */
export const contractPages: Readonly<Record<string, () => string>> = Object.fromEntries(
  Object.entries(contractDocuments).map(([name, render]) => [
    `docs/${name}`,
    () => `${JSON.stringify(render(), null, 2)}\n`,
  ]),
);
