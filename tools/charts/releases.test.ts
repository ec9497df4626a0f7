// Several releases in one cluster: what of a release has a name that carries neither its namespace nor its own.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";

const root = join(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

type Document = { readonly metadata: { readonly name: string; readonly namespace?: string } };

describe.each(["default", "everything"])(
  "names of the cluster that no release has to itself, of the rendering %s",
  (file) => {
    const release = "retriever-system-retriever-migration-operator";
    const names = parseAllDocuments(read(`charts/retriever-migration-operator/renderings/${file}.yaml`))
      .map((document) => document.toJS() as Document)
      .filter(({ metadata }) => metadata.namespace === undefined && !metadata.name.startsWith(release))
      .map(({ metadata }) => metadata.name.replace(/^retriever-approve-.*/, "retriever-approve-NAME"));

    it("are those that the installation lists, and no others", () => {
      const [, said = ""] = /\*\*Several releases\.\*\*(.*)/.exec(read("docs/install.md")) ?? [];
      const listed = [...said.matchAll(/`(retriever-[\w-]+)`/g)].map(([, name = ""]) => name);
      expect([...new Set(names)].toSorted()).toEqual([...new Set(listed)].toSorted());
    });
  },
);
