// The operator's own view of a cluster, held on a real API server to the same promises as its fake, with the rights
// of an operator and no more.
import { randomBytes } from "node:crypto";
import { describeClusterContract } from "@retriever/operator/test/cluster-contract.ts";
import { openKubeHarness } from "@retriever/operator/test/kube-harness.ts";
import { eventually } from "#support/eventually.ts";
import { makeKubeClient } from "#support/kube/client.ts";
import { installDefinitions } from "#support/kube/definitions.ts";
import { givenCluster } from "../given-cluster.ts";
import { installOperatorRights } from "../install.ts";

describeClusterContract("The adapter on a real API", async () => {
  const { adminKubeconfig, operatorKubeconfig } = givenCluster();
  const namespace = `contract-${randomBytes(4).toString("hex")}`;
  const client = makeKubeClient(adminKubeconfig);
  await installDefinitions(client);
  await installOperatorRights(client);
  const harness = await openKubeHarness({ operator: operatorKubeconfig, admin: adminKubeconfig, namespace });
  // Pods are refused until the namespace has its account.
  await eventually(`${namespace} has an account`, async () => {
    const account = await client.get(`/api/v1/namespaces/${namespace}/serviceaccounts/default`);
    return account !== undefined;
  });
  return {
    ...harness,
    close: async () => {
      await harness.close();
      await client.remove(`/api/v1/namespaces/${namespace}`);
      await client.close();
    },
  };
});
