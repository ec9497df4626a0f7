// The cluster that `make e2e` has started, as its tests find it: told in one environment variable.
// Starts nothing.
import { z } from "zod";

const givenSchema = z.strictObject({
  adminKubeconfig: z.string(),
  operatorKubeconfig: z.string(),
  /** Folder of a cluster that is the tests' own. */
  folder: z.string().optional(),
  /** Programs of the cluster's version. */
  binaries: z.string().optional(),
  helm3: z.string().optional(),
  helm4: z.string().optional(),
  /** File that takes one JSON line per figure. */
  figures: z.string(),
});
export type GivenCluster = z.output<typeof givenSchema>;

export const givenVariable = "RETRIEVER_E2E";

/** Throws when the tests were started by something else than `make e2e`. */
export function givenCluster(): GivenCluster {
  const told = process.env[givenVariable];
  if (told === undefined) throw new Error(`${givenVariable} isn't set: run these tests by make e2e`);
  return givenSchema.parse(JSON.parse(told));
}
