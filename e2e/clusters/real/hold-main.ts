// `node e2e/clusters/real/hold-main.ts [control-plane|node]`: a cluster for whoever wants to look at one by hand.
// Prints where its kubeconfig is; ends it with Ctrl-C or the end of standard input.
import { once } from "node:events";
import { provideCluster } from "./provide-cluster.ts";

const kind = process.argv[2] === "node" ? "node" : "control-plane";
const say = (line: string) => void process.stdout.write(`${line}\n`);
const cluster = await provideCluster(kind, say);
if ("missing" in cluster) {
  say(`no cluster; missing: ${cluster.missing}`);
  process.exit(1);
}
say(`kubectl: ${cluster.binaries ?? ""}/kubectl --kubeconfig ${cluster.adminKubeconfig}`);
await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM"), once(process.stdin.resume(), "end")]);
await cluster.close();
process.exit(0);
