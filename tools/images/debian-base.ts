// The file system below every image: of pinned Debian packages what images/base.files lists, without a shell or a
// package manager, and the accounts. Scanners find the packages where they look for those of images without dpkg.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { runOrThrow } from "../run-command.ts";
import { settleModes } from "./image-layout.ts";
import { filesOf } from "./image-list.ts";

const root = join(import.meta.dirname, "../..");

const ownFiles: Readonly<Record<string, string>> = {
  "etc/passwd": "root:x:0:0:root:/:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/:/sbin/nologin\n",
  "etc/group": "root:x:0:\nnonroot:x:65532:\n",
  // The cluster's names by the resolver that the kubelet configures, after the pod's own.
  "etc/nsswitch.conf": "hosts: files dns\n",
};

/** Lays out the base from the packages' archives. */
export async function layOutBase(archives: readonly string[], folder: string): Promise<void> {
  const unpacked = `${folder}.unpacked`;
  const dpkg = (...words: readonly string[]) => runOrThrow(["dpkg-deb", ...words], { cwd: root, deadlineSeconds: 120 });
  const status = join(folder, "var/lib/dpkg/status.d");
  mkdirSync(status, { recursive: true });
  for (const archive of archives) {
    await dpkg("--extract", archive, unpacked);
    const name = (await dpkg("--field", archive, "Package")).trim();
    writeFileSync(join(status, name), await dpkg("--field", archive));
  }
  for (const file of filesOf(unpacked, readFileSync(join(root, "images/base.files"), "utf8"))) {
    mkdirSync(join(folder, dirname(file)), { recursive: true });
    cpSync(join(unpacked, file), join(folder, file), { verbatimSymlinks: true });
  }
  for (const [file, text] of Object.entries(ownFiles)) writeFileSync(join(folder, file), text);
  settleModes(folder);
  rmSync(unpacked, { recursive: true });
}
