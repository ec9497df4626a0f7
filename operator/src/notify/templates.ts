// Words of the administrator's own, in Liquid: they are data, run no code and reach no file. What a template says itself is
// trusted; what it puts in is escaped for the format of the sink.
import { outboxKinds } from "@retriever/crds/status/outbox-status.ts";
import { Liquid } from "liquidjs";

/** All of them text, empty where there is nothing to say. */
export type TemplateValues = Readonly<Record<(typeof valueNames)[number], string>>;
const valueNames = [
  "namespace",
  "migration",
  "kind",
  "reason",
  "severity",
  "phase",
  "text",
  "at",
  "key",
  "incident",
  "chunks",
  "tenants",
  "cluster",
] as const;
export const templateFields = valueNames.join(", ");

type Escape = (value: string) => string;

/** A template beyond these is refused at configuration; one that gets there later is left out for the usual words. */
const limits = { parseLimit: 8192, renderLimit: 2000, memoryLimit: 100_000 };

function engineOf(outputEscape: Escape): Liquid {
  return new Liquid({
    ...limits,
    strictVariables: true,
    strictFilters: true,
    ownPropertyOnly: true,
    // Included templates come from here alone: no file is ever read.
    templates: {},
    outputEscape: (value: unknown) => outputEscape(String(value)),
  });
}

/** The template's words. Throws for anything that Liquid objects to. */
export function renderTemplate(template: string, values: TemplateValues, escape: Escape): string {
  const said: unknown = engineOf(escape).parseAndRenderSync(template, values);
  return String(said);
}

/** What is wrong with a template, tried with a message of every kind; undefined: nothing. */
export function templateFault(template: string): string | undefined {
  try {
    for (const kind of outboxKinds) {
      for (const filled of ["", "x".repeat(2000)]) renderTemplate(template, sampleOf(kind, filled), (value) => value);
    }
    return undefined;
  } catch (fault) {
    const [line = ""] = (fault instanceof Error ? fault.message : "unknown fault").split("\n");
    return `${line.slice(0, 200)}, got ${JSON.stringify(template.slice(0, 80))}`;
  }
}

function sampleOf(kind: string, filled: string): TemplateValues {
  return { ...(Object.fromEntries(valueNames.map((name) => [name, filled])) as TemplateValues), kind };
}
