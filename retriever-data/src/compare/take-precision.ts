// How finely moments are compared, once both stores were read: whether they have to be read again for it.
import { nearestUnits, wholeUnits } from "@retriever/stores/chunks/moment-unit.ts";
import { type MomentPrecision, mostLookedUp } from "@retriever/stores/ports/chunk-store.ts";
import { commonPrecision } from "#core/moment-unit.ts";
import { pairUp } from "#core/pair.ts";
import { type RunState, restartBy } from "#core/run-state.ts";
import { deadline, withRetries } from "./retry.ts";
import { type Descriptions, onBoth, type RunDeps } from "./run-deps.ts";

const lookUpDeadlineMs = 60_000;

type Reading = { readonly deps: RunDeps; readonly both: Descriptions; readonly signal: AbortSignal };

/** Whether moments have to be compared more coarsely than they were, so that everything is read once more. */
export async function takePrecision({
  state,
  deps,
  both,
  signal,
}: Reading & { readonly state: RunState }): Promise<boolean> {
  const { source, destination } = state.totals;
  if (state.parts > 1 || state.momentPrecision !== "microsecond" || state.scope.level === "ids") return false;
  const precision = commonPrecision(
    { ...source, declared: both.source.momentPrecision },
    { ...destination, declared: both.destination.momentPrecision },
  );
  if (precision === "microsecond") return false;
  deps.onNote(`one store holds updated_at by the ${precision} only: reading again to compare it so`);
  state.roundsMoments = await areRounded({ deps, both, signal }, precision);
  restartBy(state, precision);
  return true;
}

/** Whether of some chunks that both stores hold more have the same moment rounded than cut, as a copy by Postgres leaves it. */
async function areRounded({ deps, both, signal }: Reading, precision: MomentPrecision): Promise<boolean> {
  const ids = [...new Set([...both.source.someIds, ...both.destination.someIds])].slice(0, mostLookedUp);
  const ask = () =>
    onBoth(deadline(signal, lookUpDeadlineMs), (name, either) => deps.stores[name].lookUp(ids, "fresh", either));
  const found = await withRetries(ask, deps, signal);
  let [rounded, cut] = [0, 0];
  for (const { source, destination } of pairUp(ids, found.source, found.destination).pairs) {
    const [a, b] = [source?.updatedAtMs ?? Number.NaN, destination?.updatedAtMs ?? Number.NaN];
    if (nearestUnits(a, precision) === nearestUnits(b, precision)) rounded += 1;
    if (wholeUnits(a, precision) === wholeUnits(b, precision)) cut += 1;
  }
  return rounded > cut;
}
