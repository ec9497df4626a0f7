// `make cli-bundle`: the kubectl plugin as one file that any Node from 22.19 on runs, without packages beside it, and the
// command that starts it. Written to dist/, which is not in the repository, or to the folder given; the last line says
// where and how large.
import { createHash } from "node:crypto";
import { chmodSync, copyFileSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build, type Plugin } from "esbuild";
import { clientScript } from "../../kubectl-retriever/src/dashboard/assets.ts";
import { scenarioLibrary } from "../../kubectl-retriever/src/files/scenario-library.ts";

const root = join(import.meta.dirname, "../..");

/**
 * Left out, since nothing here calls it: the Kubernetes client's generated classes (3 MB, for calls that are made by our
 * own client) and the schemas' messages in other languages.
 */
const leftOut = [
  {
    from: "/@kubernetes/client-node/dist/",
    path: /\/gen\/index\.js$/,
    with: "export class ServerConfiguration {}\nexport const createConfiguration = undefined;",
  },
  { from: "/zod/v4/", path: /\/locales\/index\.js$/, with: "export {};" },
] as const;

const leaveOut: Plugin = {
  name: "leave-out",
  setup: (made) => {
    made.onResolve({ filter: /\/index\.js$/ }, ({ path, importer }) => {
      const index = leftOut.findIndex((each) => importer.includes(each.from) && each.path.test(path));
      return index === -1 ? undefined : { path: String(index), namespace: "left-out" };
    });
    made.onLoad({ filter: /.*/, namespace: "left-out" }, ({ path }) => ({
      contents: leftOut[Number(path)]?.with ?? "",
    }));
  },
};

/** What is read from folders lies in the file itself: no folder goes with it. */
const embedFiles: Plugin = {
  name: "embed-files",
  setup: (made) => {
    made.onLoad({ filter: /\/files\/scenario-library\.ts$/ }, () => ({
      contents: `export const scenarioLibrary = () => (${JSON.stringify(scenarioLibrary())});`,
    }));
    made.onLoad({ filter: /\/dashboard\/assets\.ts$/ }, () => ({
      contents: `export const clientScript = () => ${JSON.stringify(clientScript())};`,
    }));
  },
};

/** Where it would fail somewhere within, it says at once what it needs. */
const refuseOlderNode = `{const [a,b]=process.versions.node.split(".").map(Number);if(a<22||a===22&&b<19){process.stderr.write("kubectl-retriever needs Node 22.19 or newer, this is "+process.versions.node+"\\n");process.exit(1)}}`;

const common = { bundle: true, platform: "node", target: "node22.19", minify: true, logLevel: "warning" } as const;

/** The program's text, without what starts it. */
async function programText(): Promise<string> {
  const { outputFiles } = await build({
    ...common,
    entryPoints: [join(root, "kubectl-retriever/src/main.ts")],
    write: false,
    format: "cjs",
    legalComments: "none",
    plugins: [leaveOut, embedFiles],
    // Modules of the older kind load what they need when they are needed, Node's own parts included.
    define: { "import.meta.url": "importMetaUrl", "import.meta.dirname": "__dirname" },
    banner: { js: 'const importMetaUrl=require("node:url").pathToFileURL(__filename).href;' },
  });
  return (outputFiles[0]?.text ?? "").replace(/^#!.*\n/, "");
}

/** `start.startCached`. */
async function startText(): Promise<string> {
  const entryPoints = [join(import.meta.dirname, "start-cached.ts")];
  const { outputFiles } = await build({ ...common, entryPoints, write: false, format: "iife", globalName: "start" });
  return outputFiles[0]?.text ?? "";
}

/** Writes the bundle: what starts the program, and the program as one function, which can be compiled by itself. */
async function bundle(outfile: string): Promise<void> {
  const [program, start] = await Promise.all([programText(), startText()]);
  const digest = createHash("sha256").update(program).digest("hex").slice(0, 16);
  const given = "exports,require,module,__filename,__dirname";
  const text = [
    `#!/usr/bin/env node\n${refuseOlderNode}`,
    start,
    `function program(${given}){${program}}`,
    `start.startCached(program,"${digest}",${given});\n`,
  ];
  writeFileSync(outfile, text.join("\n"));
}

const folder = process.argv[2] ?? join(root, "dist");
const bundleFile = join(folder, "kubectl-retriever.cjs");
const command = join(folder, "kubectl-retriever");
mkdirSync(folder, { recursive: true });
await bundle(bundleFile);
copyFileSync(join(import.meta.dirname, "kubectl-retriever.sh"), command);
chmodSync(command, 0o755);
process.stdout.write(`${bundleFile}: ${statSync(bundleFile).size} bytes\n`);
