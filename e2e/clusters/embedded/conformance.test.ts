// The embedded API held to the conformance suite that also runs on a real API server.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { describeConformance } from "../test/conformance/describe-conformance.ts";
import { type EmbeddedApi, startApi } from "./api/start-api.ts";

let api: EmbeddedApi;
let directory: string;

afterAll(async () => {
  await api.close();
  await rm(directory, { recursive: true });
});

describeConformance(async () => {
  directory = await mkdtemp(join(tmpdir(), "embedded-api-"));
  api = await startApi({ directory });
  return api.kubeconfigPath("admin");
});
