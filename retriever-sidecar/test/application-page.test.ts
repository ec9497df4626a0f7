// docs/application.md tried as its reader would: its base, its requests and answers, its table of errors, its code.
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type FakeQdrant, startFakeQdrant } from "@retriever/stores/test/fakes/qdrant-server.ts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ConfigDirectory, makeConfigDirectory } from "./config-directory.ts";
import { type SidecarProcess, startSidecar } from "./sidecar-process.ts";
import { waitUntil } from "./wait-until.ts";

const page = readFileSync(new URL("../../docs/application.md", import.meta.url), "utf8");
const run = promisify(execFile);

const points = [
  chunk(1, "rollback-1", [0.9, 0.1, 0.05, 0.05], {
    body: "A rollback takes seconds.",
    pages: 12,
    lang: "en",
    updated_at: "2026-01-31T12:00:00Z",
  }),
  chunk(2, "ramp-1", [0.8, 0.4, 0, 0.1], { body: "Die Rampe beginnt bei 2 %.", pages: 40, lang: "de" }),
  chunk(3, "book-1", [0.9, 0.1, 0, 0], { body: "A whole book.", pages: 400, lang: "en" }),
  chunk(4, "guard-1", [0, 0.05, 1, 0], { body: "The guard takes a day.", pages: 3, lang: "en", namespace: "acme" }),
];

function chunk(id: number, name: string, vector: readonly number[], payload: Record<string, unknown>) {
  return { id, vector, payload: { chunk_id: name, entity_id: name.replace("-1", ""), ...payload } };
}

/** Texts of the fenced blocks of a language, in the page's order; those that aren't run here are left out. */
function fences(language: string, comment = ""): string[] {
  const above = comment === "" ? "(?<!not run here[^\n]*\n\n)" : `<!-- ${comment} -->\n\n`;
  return [...page.matchAll(new RegExp(`${above}^\`\`\`${language}\n(.*?)^\`\`\``, "gms"))].map(([, text = ""]) => text);
}

let store: FakeQdrant;
let directory: ConfigDirectory;
let sidecar: SidecarProcess;
let folder: string;

beforeAll(async () => {
  store = await startFakeQdrant({ points });
  directory = makeConfigDirectory();
  folder = mkdtempSync(join(tmpdir(), "retriever-page-"));
  const [base = ""] = fences("yaml");
  directory.write({ "retriever.yaml": base.replace("http://qdrant.search.svc:6333", store.url) });
  sidecar = await startSidecar({ config: directory.path });
  await waitUntil(async () => (await sidecar.status()).stores[0]?.dimension === 4);
});

afterAll(async () => {
  await sidecar.stop();
  await store.close();
  directory.remove();
  rmSync(folder, { recursive: true, force: true });
});

describe("docs/application.md", () => {
  const answers = fences("json", "answer");
  const asked = fences("json", "request").map((request, index) => ({ request, answer: answers[index] ?? "" }));

  it.each(asked)("gets for $request the answer that it shows", async ({ request, answer }) => {
    const { status, body } = await sidecar.retrieve(request);
    const shown = JSON.parse(answer) as { candidates: { similarity: number }[] };
    const near = shown.candidates.map((one) => ({ ...one, similarity: expect.closeTo(one.similarity, 4) as number }));
    expect({ status, body }).toEqual({
      status: 200,
      body: { candidates: near, vectorMs: expect.any(Number) as number },
    });
  });

  const rows = [...page.matchAll(/^\| `(\{.*\})` \| (\d+) \| `(\w+)` \| `(.+)` \|$/gm)].map(
    ([, request = "", status, code = "", path = ""]) => ({ request, status: Number(status), code, path }),
  );

  it.each(rows)("gets for $request a $status at $path", async ({ request, status, code, path }) => {
    expect(await sidecar.retrieve(request)).toMatchObject({ status, body: { error: { code, path } } });
  });

  it("shows two answers and six refusals", () => {
    expect([asked.length, rows.length]).toEqual([2, 6]);
  });

  const programs = [
    {
      language: "ts",
      command: process.execPath,
      file: "retrieve.mts",
      call: (ask: string) => `console.log(JSON.stringify(await ${ask}));`,
    },
    { language: "python", command: "python3", file: "retrieve.py", call: (ask: string) => `print(json.dumps(${ask}))` },
  ];

  it.each(programs)(
    "has code in $language that gets chunks with text, and tells the code of a refusal",
    async (one) => {
      const { language, command, file, call } = one;
      if (!(await isThere(command))) return;
      const [code = "", ...rest] = fences(language);
      expect(rest).toEqual([]);
      const ask = async (request: string) => {
        writeFileSync(join(folder, file), `${code}\n${call(request)}\n`);
        const env = { ...process.env, RETRIEVER_URL: sidecar.appUrl };
        return run(command, [join(folder, file)], { env });
      };
      const { stdout } = await ask("retrieve([0.9, 0.1, 0, 0], 2)");
      expect(JSON.parse(stdout)).toMatchObject([{ text: "A whole book." }, { text: "A rollback takes seconds." }]);
      await expect(ask("retrieve([1], 2)")).rejects.toThrow("RETR_REQUEST_INVALID: embedding");
    },
  );
});

async function isThere(command: string): Promise<boolean> {
  return run(command, ["--version"]).then(
    () => true,
    () => false,
  );
}
