// The images of a cluster without any registry: those of a release, made for this machine alone, and handed to containerd
// as one archive.
import { execFile } from "node:child_process";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { containerdSocketOf, imagePrefix, imageTag, type Layout } from "./layout.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../../..");
const deadlineMs = 300_000;

export const operatorImage = `${imagePrefix}/retriever-operator:${imageTag}`;
export const sidecarImage = `${imagePrefix}/retriever-sidecar:${imageTag}`;

/** Makes the images of operator, sidecar and pause known to the cluster's containerd. */
export async function importImages(layout: Layout, pauseProgram: string): Promise<void> {
  const folder = join(layout.folder, "images");
  await mkdir(folder, { recursive: true });
  const script = join(root, "tools/images/engine-images.ts");
  const oci = join(folder, "oci");
  const words = [script, oci, imagePrefix, imageTag, `pause=${pauseProgram}`];
  const { stderr } = await run(process.execPath, words, { timeout: deadlineMs });
  process.stderr.write(stderr);
  const archive = join(folder, "images.tar");
  await run("tar", ["-C", oci, "-cf", archive, "."], { timeout: deadlineMs });
  const containerd = ["--address", containerdSocketOf(layout), "--namespace", "k8s.io"];
  await run("ctr", [...containerd, "images", "import", archive], { timeout: deadlineMs });
  await rm(folder, { recursive: true });
}
