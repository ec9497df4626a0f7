// A dashboard as Grafana's JSON. Pure.
import type { Dashboard, Panel } from "./dashboards.ts";

const datasource = { type: "prometheus", uid: "${datasource}" };

/** Text of the file Grafana loads. */
export function renderDashboard({ uid, title, about, panels }: Dashboard): string {
  const document = {
    uid,
    title,
    description: about,
    tags: ["retriever"],
    schemaVersion: 39,
    editable: false,
    refresh: "30s",
    time: { from: "now-6h", to: "now" },
    templating: { list: variables },
    panels: panels.map(renderPanel),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

const variables = [
  { name: "datasource", label: "Prometheus", type: "datasource", query: "prometheus" },
  choice("namespace", "Namespace", "label_values(retr_build_info, namespace)"),
  choice("target", "Deployment", 'label_values(retr_build_info{namespace=~"$namespace"}, target)'),
  choice("store", "Store", 'label_values(retr_backend_info{namespace=~"$namespace", target=~"$target"}, kind)'),
];

function choice(name: string, label: string, query: string): object {
  return {
    name,
    label,
    type: "query",
    datasource,
    query: { query, refId: name },
    definition: query,
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    current: { text: ["All"], value: ["$__all"] },
  };
}

function renderPanel({ title, about, unit, queries, limit }: Panel, index: number): object {
  const steps = [{ color: "green", value: null }, ...(limit === undefined ? [] : [{ color: "red", value: limit }])];
  return {
    id: index + 1,
    type: "timeseries",
    title,
    description: about,
    datasource,
    gridPos: { x: (index % 2) * 12, y: Math.floor(index / 2) * 8, w: 12, h: 8 },
    fieldConfig: {
      defaults: {
        unit,
        thresholds: { mode: "absolute", steps },
        custom: { thresholdsStyle: { mode: limit === undefined ? "off" : "line" } },
      },
      overrides: [],
    },
    targets: Object.entries(queries).map(([legendFormat, expr], at) => ({
      refId: String.fromCodePoint(65 + at),
      datasource,
      expr,
      legendFormat,
    })),
  };
}
