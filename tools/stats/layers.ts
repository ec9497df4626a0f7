// Which folder may build on which: per workspace the layers from the lowest to the highest, as paths in its `src`
// (in the workspace itself where it has no `src`). A file directly in there stands for itself. An import may point
// down or stay within its layer. A workspace without a line here is judged by its circles only.
import { coreRooms } from "../imports/core-rooms.ts";

export type Layers = readonly (readonly string[])[];

export const layers: Readonly<Record<string, Layers>> = {
  operator: [
    ["errors.ts"],
    ...coreRooms.map((room) => [`core/${room}`]),
    ["core"],
    ["ports"],
    ["config.ts", "settings-file.ts", "overlay-intent.ts", "http", "kube/login", "page", "telemetry", "timing"],
    ["kube", "audit", "notify", "report"],
    [
      "adapters",
      "adapters/alertmanager",
      "adapters/audit",
      "adapters/cluster",
      "adapters/control-plane",
      "adapters/policies",
      "adapters/jobs",
      "adapters/prometheus",
      "adapters/sidecars",
      "adapters/sinks",
      "observe",
      "apply",
    ],
    ["controller"],
    ["messaging.ts", "alerting.ts"],
    ["main.ts"],
  ],
};
