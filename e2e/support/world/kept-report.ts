// The report that the operator leaves in the cluster when a migration has ended.
// Reads only.
import { z } from "zod";
import { eventually } from "#support/eventually.ts";
import type { KubeClient } from "#support/kube/client.ts";

const evidenceSchema = z.object({
  name: z.string(),
  annotations: z.record(z.string(), z.string()).default({}),
});
const keptReportSchema = z.object({
  metadata: z.object({ annotations: z.object({ "retriever.dev/report-made-from": z.string() }) }),
  data: z.object({ "report.json": z.string(), "report.md": z.string().min(1), "report.html": z.string().min(1) }),
});

/** Waits for the report that tells of the last record there is; resolves with it, parsed. */
export function keptReportOf(
  client: KubeClient,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<object> {
  const configMaps = `/api/v1/namespaces/${namespace}/configmaps`;
  return eventually(`${name}: its report is kept`, async () => {
    const maps = await client.list(configMaps);
    const ends = maps.flatMap(({ metadata }) => {
      const { name: map, annotations } = evidenceSchema.parse(metadata);
      const end = annotations["retriever.dev/evidence-end"];
      return map.startsWith(`${name}-evidence-`) && end !== undefined ? [end] : [];
    });
    const kept = keptReportSchema.safeParse(await client.get(`${configMaps}/${name}-report`)).data;
    if (kept === undefined || !ends.at(-1)?.includes(kept.metadata.annotations["retriever.dev/report-made-from"]))
      return false;
    return JSON.parse(kept.data["report.json"]) as object;
  });
}
