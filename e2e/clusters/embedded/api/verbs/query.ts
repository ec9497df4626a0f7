// The query parameters that each verb honours, and their types; any other parameter is refused, never ignored.
// Pure.
import { z } from "zod";
import { badRequest } from "../model/failure.ts";

export type Verb = "get" | "list" | "watch" | "create" | "update" | "patch" | "delete";

const flag = z.stringbool({ truthy: ["true", "1"], falsy: ["false", "0"] });
const count = z
  .string()
  .regex(/^\d{1,15}$/, "expected a non-negative integer")
  .transform(Number);
const listing = z
  .strictObject({
    labelSelector: z.string(),
    fieldSelector: z.string(),
    limit: count,
    continue: z.string(),
    resourceVersion: count,
    timeoutSeconds: count,
    watch: flag,
    allowWatchBookmarks: flag,
  })
  .partial();
const writing = z
  .strictObject({
    dryRun: z.literal("All"),
    fieldManager: z.string().max(128),
  })
  .partial();
const patching = writing.extend({ force: flag.optional() });

export type Query = Readonly<z.infer<typeof listing> & z.infer<typeof patching>>;

const schemas: Readonly<Record<Verb, z.ZodType<Query>>> = {
  get: listing.pick({ resourceVersion: true }),
  list: listing,
  watch: listing,
  create: writing,
  update: writing,
  patch: patching,
  delete: writing.pick({ dryRun: true }),
};

/** The parameters of a request; those without a value count as absent. */
export function parseQuery(verb: Verb, params: URLSearchParams): Query {
  const given = [...params].filter(([, value]) => value !== "");
  const names = new Set(given.map(([name]) => name));
  if (names.size < given.length) throw badRequest("a query parameter is given twice");
  const { success, data, error } = schemas[verb].safeParse(Object.fromEntries(given));
  if (success) return data;
  throw badRequest(`query parameters of ${verb}: ${z.prettifyError(error)}`);
}
