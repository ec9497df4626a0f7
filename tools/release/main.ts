// `make release`: everything that one installs, into dist/release, without a container engine and with the same bytes
// every time. Needs GNU tar, dpkg-deb, apt and npm; what it fetches is pinned and kept in a cache.
import { execFileSync } from "node:child_process";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { makeRelease, type ReleaseSettings } from "./make-release.ts";
import { releasePlaces, releaseSeconds } from "./settings.ts";

const root = join(import.meta.dirname, "../..");

const { values } = parseArgs({ options: { out: { type: "string", default: join(root, "dist/release") } } });

function git(...words: readonly string[]): string | undefined {
  try {
    return execFileSync("git", ["-C", root, ...words], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return undefined;
  }
}

function settings(): ReleaseSettings {
  return {
    out: resolve(values.out),
    atSeconds: releaseSeconds(process.env, git("log", "-1", "--format=%ct")),
    ...releasePlaces(process.env),
    source: { commit: git("rev-parse", "HEAD"), hasUncommittedChanges: (git("status", "--porcelain") ?? "") !== "" },
  };
}

try {
  for (const line of await makeRelease(settings())) process.stdout.write(`${line}\n`);
} catch (fault) {
  process.stderr.write(`release: ${fault instanceof Error ? fault.message : String(fault)}\n`);
  process.exitCode = 1;
}
