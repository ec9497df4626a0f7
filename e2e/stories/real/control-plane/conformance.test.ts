// The conformance suite on a real API server: what the embedded one is held to is what a real one does.
import { describeConformance } from "#clusters/test/conformance/describe-conformance.ts";
import { givenCluster } from "../given-cluster.ts";

describeConformance(async () => givenCluster().adminKubeconfig);
