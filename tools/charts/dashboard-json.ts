// A dashboard as Grafana's JSON. Pure.
import type { Dashboard, Panel, State } from "./panel.ts";

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
    annotations: { list: annotations },
    panels: placed(panels),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

const variables = [
  { name: "datasource", label: "Prometheus", type: "datasource", query: "prometheus" },
  choice("namespace", "Namespace", "label_values(retr_build_info, namespace)"),
  choice("migration", "Migration", 'label_values(retriever_migration_info{namespace=~"$namespace"}, name)'),
  choice("target", "Deployment", 'label_values(retr_build_info{namespace=~"$namespace"}, target)'),
  choice("store", "Store", 'label_values(retr_backend_info{namespace=~"$namespace", target=~"$target"}, kind)'),
];

const phase = 'retriever_migration_phase{namespace=~"$namespace", name=~"$migration"}';
const annotations = [
  {
    name: "Phases",
    datasource,
    enable: true,
    iconColor: "blue",
    // Of each phase the minute in which it begins.
    expr: `max by (namespace, name, phase) (${phase} == 1) unless max by (namespace, name, phase) (${phase} offset 1m == 1)`,
    step: "60s",
    titleFormat: "{{namespace}}/{{name}}: {{phase}}",
  },
  {
    name: "Decisions",
    datasource: { type: "grafana", uid: "-- Grafana --" },
    enable: true,
    iconColor: "orange",
    // What a sink of the kind grafana writes.
    target: { type: "tags", tags: ["retriever"], matchAny: true, limit: 200 },
  },
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
    // Not the names there were when the page was opened: what is created since is among all, and none is not no query.
    allValue: ".+",
    current: { text: ["All"], value: ["$__all"] },
  };
}

/** Columns of 24, and rows: tiles four in a row, curves two, timelines alone. */
const sizes = { stat: { w: 6, h: 4 }, timeseries: { w: 12, h: 8 }, "state-timeline": { w: 24, h: 7 } } as const;

function placed(panels: readonly Panel[]): object[] {
  let [x, y, rowHeight] = [0, 0, 0];
  return panels.map((panel, index) => {
    const { w, h } = sizes[panel.type ?? "timeseries"];
    if (x + w > 24) [x, y, rowHeight] = [0, y + rowHeight, 0];
    const gridPos = { x, y, w, h };
    [x, rowHeight] = [x + w, Math.max(rowHeight, h)];
    return renderPanel(panel, { id: index + 1, gridPos });
  });
}

function renderPanel({ type = "timeseries", title, about, unit, queries, limit, states = [] }: Panel, place: object) {
  const steps = [{ color: "green", value: null }, ...(limit === undefined ? [] : [{ color: "red", value: limit }])];
  return {
    ...place,
    type,
    title,
    description: about,
    datasource,
    fieldConfig: {
      defaults: {
        unit,
        thresholds: { mode: "absolute", steps },
        ...(states.length === 0 ? {} : { mappings: mappingsOf(states) }),
        ...(type === "timeseries"
          ? { custom: { thresholdsStyle: { mode: limit === undefined ? "off" : "line" } } }
          : {}),
      },
      overrides: [],
    },
    ...(type === "stat" ? { options: { reduceOptions: { calcs: ["lastNotNull"] } } } : {}),
    targets: Object.entries(queries).map(([legendFormat, expr], at) => ({
      refId: String.fromCodePoint(65 + at),
      datasource,
      expr,
      legendFormat,
      // A tile says what is: the last value of the range may be hours old, of an operator that is gone.
      ...(type === "stat" ? { instant: true, range: false } : {}),
    })),
  };
}

/** The value n stands for the n-th state, from 1. */
function mappingsOf(states: readonly State[]): object[] {
  const options = states.map(({ text, color }, index) => [`${index + 1}`, { text, color, index }] as const);
  return [{ type: "value", options: Object.fromEntries(options) }];
}
