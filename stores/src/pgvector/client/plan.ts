// What the planner says of a query that isn't run. Within a transaction.
import type { PoolClient } from "pg";
import type { Setting } from "./login-client.ts";
import { type RowQuery, readRows, trialSavepoint } from "./row-query.ts";

/** A node of EXPLAIN's JSON, or a list or an object of them. */
type Plan = unknown;

/** In these settings, which end with it, also where the server refuses it. Rejects with what the driver throws. */
export async function planOf(client: PoolClient, query: RowQuery, settings: readonly Setting[] = []): Promise<Plan> {
  const text = `EXPLAIN (FORMAT JSON) ${query.text}`;
  const trial = { text, values: query.values, settings, limits: planLimits, isTrial: true };
  try {
    const [[plan] = []] = await readRows(client, trial);
    return JSON.parse(plan ?? "[]");
  } catch (error) {
    // On a connection that broke off there is nothing to go back to, and the error says why.
    await client.query(`ROLLBACK TO SAVEPOINT ${trialSavepoint}`).catch(() => undefined);
    throw error;
  }
}

/** Each partition repeats the vector: a thousand of 3,072 numbers take 8 MB. */
const planLimits = { rows: 1, bytes: 16 * 1_048_576 };

/** With these the planner takes an index for the order of the rows wherever one can give it. */
export const orderedSettings = [
  ["enable_seqscan", "off"],
  ["enable_bitmapscan", "off"],
  ["enable_sort", "off"],
] as const;

/** The planner's estimate of the rows. */
export function estimateIn(plan: Plan): number {
  return Number(membersOf(plan).find(([key]) => key === "Plan Rows")?.[1] ?? 0);
}

/** Whether rows are sorted for the answer's order, and of those that are, and of all, the tables. */
export function sortsIn(plan: Plan) {
  const sorts = orderedNodesIn(plan).filter((node) => String(node["Node Type"]).endsWith("Sort"));
  return { sorts: sorts.length > 0, sorted: relationsIn(sorts), all: relationsIn(plan) };
}

function relationsIn(plan: Plan): string[] {
  return [
    ...new Set(nodesIn(plan).flatMap((node) => ("Relation Name" in node ? [String(node["Relation Name"])] : []))),
  ];
}

/** The first index whose own order is the answer's. */
export function orderingIndexIn(plan: Plan): string | null {
  const node = nodesIn(plan).find((each) => "Order By" in each && "Index Name" in each);
  return node === undefined ? null : String(node["Index Name"]);
}

/** How often it looks values up in an index. */
export function lookUpsIn(plan: Plan): number {
  return nodesIn(plan).filter((node) => "Index Cond" in node).length;
}

type Node = Readonly<Record<string, unknown>>;

/**
 * Those that the answer's rows come through in its order. What a view looks up for each of them, or once, may be sorted for
 * an order of its own.
 */
function orderedNodesIn(plan: Plan): Node[] {
  if (Array.isArray(plan)) return plan.flatMap(orderedNodesIn);
  if (typeof plan !== "object" || plan === null) return [];
  const node = plan as Node;
  if ("Plan" in node) return orderedNodesIn(node["Plan"]);
  const below = Array.isArray(node["Plans"]) ? (node["Plans"] as Node[]) : [];
  const aside = node["Node Type"] === "Nested Loop" ? /^(Inner|InitPlan|SubPlan)$/ : /^(InitPlan|SubPlan)$/;
  const leading = below.filter((each) => !aside.test(String(each["Parent Relationship"])));
  return [node, ...leading.flatMap(orderedNodesIn)];
}

/** At any depth: partitions have one each. */
function nodesIn(plan: Plan): Node[] {
  if (typeof plan !== "object" || plan === null) return [];
  const inner = Object.values(plan).flatMap(nodesIn);
  return Array.isArray(plan) ? inner : [plan as Node, ...inner];
}

function membersOf(plan: Plan): [string, unknown][] {
  return nodesIn(plan).flatMap((node) => Object.entries(node));
}
