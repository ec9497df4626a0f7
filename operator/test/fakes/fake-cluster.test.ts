import { describeClusterContract } from "#test/cluster-contract.ts";
import { openFakeHarness } from "./fake-harness.ts";

describeClusterContract("The cluster in memory", async () => openFakeHarness());
