// The bodies of requests: strict, so that a member that Qdrant has and this server lacks is refused by name.
// Other faults have Qdrant's status and class; the rest of their wording is this server's own.
import { z } from "zod";
import { ApiFault, notInStandIn } from "./data/fault.ts";
import { filterSchema, pointIdSchema, readAs } from "./data/filter.ts";
import { isObject, type Json, type JsonObject, parseJson, toDouble } from "./data/json.ts";
import { isPath } from "./data/payload.ts";
import { reread } from "./data/reread.ts";
import { strictModeSchema } from "./data/strict-mode.ts";
import { distances } from "./data/vector-space.ts";

/** Reads a body. Throws ApiFault: 400 for syntax and types, 422 for values out of bounds, 501 for what isn't there. */
export function readBody<T>(schema: z.ZodType<T>, text: string): T {
  const parsed = schema.safeParse(parse(text));
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  const unknown = unknownMembers(issues);
  if (unknown.length > 0) throw notInStandIn(unknown.join(", "));
  const isLimit = issues.every(({ code }) => code === "too_small" || code === "too_big");
  const [status, kind] = isLimit ? [422, "Validation"] : [400, "Format"];
  throw new ApiFault(status, `${kind} error in JSON body: ${z.prettifyError(parsed.error)}`, true);
}

function unknownMembers(issues: readonly z.core.$ZodIssue[]): readonly string[] {
  return issues.flatMap((issue) => {
    if (issue.code === "unrecognized_keys") return issue.keys;
    return issue.code === "invalid_union" ? issue.errors.flatMap(unknownMembers) : [];
  });
}

function parse(text: string): Json {
  try {
    return parseJson(text);
  } catch {
    throw new ApiFault(400, "Format error in JSON body: the body is no JSON document", true);
  }
}

const unsigned = z.custom<number>((value) => typeof value === "number" && Number.isInteger(value) && value >= 0);
const limit = unsigned.pipe(z.number().min(1)).nullish();
const paths = z.union([z.boolean(), z.array(z.string())]).nullish();
const shown = { with_payload: paths, with_vector: paths };
const filter = filterSchema.nullish();

function floatsOf(value: unknown): Float32Array | undefined {
  if (!Array.isArray(value)) return undefined;
  const numbers = (value as Json[]).map(toDouble);
  return numbers.includes(undefined) ? undefined : Float32Array.from(numbers as number[]);
}

/** A list of numbers. Numbers beyond float32 become infinite, as they do in Qdrant. */
const dense = readAs(floatsOf);
const payload = z.custom<JsonObject>(isObject).transform(reread);
const ids = z.array(pointIdSchema);

const vectorParams = z.strictObject({
  size: unsigned.refine((size) => size > 0).pipe(z.number().max(65_536)),
  distance: z.enum(distances),
  /** Shown again: every vector is held in memory. */
  on_disk: z.boolean().optional(),
  datatype: z.enum(["float32", "float16", "uint8"]).optional(),
});

const numbers = z.record(z.string(), z.union([z.number(), z.boolean()])).optional();
/** Shown again, and without effect: searches are exact. */
const settings = {
  hnsw_config: numbers,
  optimizers_config: numbers,
  quantization_config: z
    .strictObject({
      scalar: z.strictObject({
        type: z.literal("int8"),
        quantile: z.number().optional(),
        always_ram: z.boolean().optional(),
      }),
    })
    .optional(),
};

/** One unnamed vector, or vectors by name. */
export const createBody = z.strictObject({
  vectors: z.union([vectorParams, z.record(z.string(), vectorParams)]),
  ...settings,
});

/** Nothing here is quantised; strict mode may refuse it all the same. */
const quantization = z.strictObject({
  ignore: z.boolean().nullish(),
  rescore: z.boolean().nullish(),
  oversampling: z.number().nullish(),
});

export const queryBody = z.strictObject({
  query: dense,
  using: z.string().nullish(),
  limit,
  offset: unsigned.nullish(),
  filter,
  ...shown,
  /** The search is exact anyway. */
  params: z
    .strictObject({ exact: z.boolean().nullish(), hnsw_ef: unsigned.nullish(), quantization: quantization.nullish() })
    .nullish(),
});

export const scrollBody = z.strictObject({
  ...shown,
  limit,
  filter,
  offset: pointIdSchema.nullish(),
  order_by: z
    .union([
      z.string().transform((key) => ({ key, direction: "asc" as const })),
      z.strictObject({ key: z.string(), direction: z.enum(["asc", "desc"]).nullish() }),
    ])
    .nullish(),
});

export const retrieveBody = z.strictObject({ ...shown, ids });
export const countBody = z.strictObject({ filter, exact: z.boolean().nullish() });

/** Vectors by name; the unnamed one under the empty name. */
const pointVectors = z.union([
  dense.transform((vector) => new Map([["", vector]])),
  z.record(z.string(), dense).transform((named) => new Map(Object.entries(named))),
]);

export const upsertBody = z.strictObject({
  points: z.array(z.strictObject({ id: pointIdSchema, vector: pointVectors, payload: payload.nullish() })),
  /** A point that is there is replaced only when it passes. */
  update_filter: filterSchema.nullish(),
  update_mode: z.enum(["upsert", "insert_only", "update_only"]).nullish(),
});
export const deleteBody = z
  .strictObject({ points: ids.optional(), filter: filterSchema.optional() })
  .refine(({ points, filter }) => (points === undefined) !== (filter === undefined));
const path = z.string().refine(isPath);
export const setPayloadBody = z
  .strictObject({ points: ids.optional(), filter: filterSchema.optional(), payload, key: path.nullish() })
  .refine(({ points, filter }) => points !== undefined || filter !== undefined);
const updateVectorsBody = z.strictObject({
  points: z.array(z.strictObject({ id: pointIdSchema, vector: pointVectors })),
  update_filter: filterSchema.nullish(),
});
/** One after the other, as they stand. */
export const batchBody = z.strictObject({
  operations: z.array(
    z.union([z.strictObject({ set_payload: setPayloadBody }), z.strictObject({ update_vectors: updateVectorsBody })]),
  ),
});
const aliasName = { alias_name: z.string() };
export const aliasesBody = z.strictObject({
  actions: z.array(
    z.union([
      z.strictObject({ create_alias: z.strictObject({ ...aliasName, collection_name: z.string() }) }),
      z.strictObject({ delete_alias: z.strictObject(aliasName) }),
    ]),
  ),
});
export const indexBody = z.strictObject({
  field_name: path,
  field_schema: z.union([z.string(), z.looseObject({ type: z.string() })]),
});
export const changeBody = z.strictObject({ strict_mode_config: strictModeSchema.optional(), ...settings });
