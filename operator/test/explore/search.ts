// Breadth first over every reachable world, by number of faults: each world is expanded once, with the fewest it needs.
import { canonicalise } from "./canonical.ts";
import { checkReconcile } from "./check-reconcile.ts";
import { checkWorld } from "./check-world.ts";
import { type Circumstances, circumstancesOf } from "./circumstances.ts";
import { describe } from "./describe.ts";
import { ghostFound, ghostLeft, ghostMoved, isAwaited } from "./ghost.ts";
import { keyOf } from "./key.ts";
import { changesOf, healEnvironment } from "./moves.ts";
import { absenceSteps, origin, steps } from "./plan.ts";
import {
  absence,
  type Decide,
  type Judge,
  makeFreshJudge,
  makeJudge,
  type Reconcile,
  reconcilesOf,
} from "./reconcile.ts";
import { Report, type Violation } from "./report.ts";
import { checkRest, type RestNode } from "./rest.ts";
import { isAhead, isFinal } from "./truths.ts";
import { firstWorld, type Ghost, type World } from "./world.ts";

type Search = {
  readonly decide: Decide;
  readonly mostFaults: number;
  /** The search ends as soon as there are as many. */
  readonly mostViolations?: number;
  readonly onProgress?: (worlds: number, open: number) => void;
};

type Trace = Violation & { readonly path: readonly string[] };

type Found = {
  readonly worlds: number;
  readonly transitions: number;
  readonly depth: number;
  readonly byFaults: readonly number[];
  readonly isComplete: boolean;
  readonly report: Report;
  readonly violations: readonly Trace[];
};

type Node = {
  /** Forgotten once expanded. */
  world: World | undefined;
  readonly line: string;
  from: Node | undefined;
  by: string;
  depth: number;
  faults: number;
  readonly rest: RestNode;
};

/** Reconciles after the last step until nothing is news. */
const mostLastWords = 8;

export function explore(search: Search): Found {
  return new Explorer(search).run();
}

class Explorer {
  readonly #search: Search;
  readonly #known = new Map<string, Node>();
  readonly #open: Node[][];
  readonly #report = new Report();
  readonly #violations: Trace[] = [];
  readonly #told = new Set<string>();
  #transitions = 0;
  readonly #judge: Judge;
  /** Judges everything anew, also what only says something. */
  readonly #loudJudge: Judge;

  constructor(search: Search) {
    this.#search = search;
    this.#judge = makeJudge(search.decide);
    this.#loudJudge = makeFreshJudge(search.decide);
    this.#open = Array.from({ length: search.mostFaults + 1 }, () => []);
  }

  run(): Found {
    this.#reach(canonicalise(firstWorld(), origin), undefined, "the migration is created", 0);
    for (const bucket of this.#open) {
      // The bucket grows while it is walked.
      for (const node of bucket) {
        if (this.#isOver()) break;
        this.#expand(node);
      }
    }
    const isComplete = !this.#isOver();
    const nodes = [...this.#known.values()];
    if (isComplete) for (const node of nodes) this.#note(checkRest(node.rest, this.#report), node);
    return {
      worlds: nodes.length,
      transitions: this.#transitions,
      depth: nodes.reduce((most, node) => Math.max(most, node.depth), 0),
      byFaults: this.#open.map((_, faults) => nodes.filter((node) => node.faults === faults).length),
      isComplete,
      report: this.#report,
      violations: this.#violations,
    };
  }

  #isOver(): boolean {
    return this.#violations.length >= (this.#search.mostViolations ?? 8);
  }

  #expand(node: Node): void {
    const { world } = node;
    if (world === undefined) return;
    node.world = undefined;
    if (world.gone) return;
    for (const { name, isFault, to } of changesOf(world))
      this.#go(node, canonicalise(ghostMoved(world, to), origin), name, isFault ? 1 : 0);
    this.#absent(node, world, 1);
    this.#absent(node, world, absenceSteps);
    const left = this.#search.mostFaults - node.faults;
    for (const given of circumstancesOf(world)) {
      if (given.faults > left) continue;
      for (const reconcile of reconcilesOf(world, given, this.#judge)) this.#reconcile(node, reconcile, given);
    }
    const healed = healEnvironment(world);
    if (healed !== world) node.rest.healed = this.#known.get(keyOf(canonicalise(healed, origin)))?.rest;
  }

  #reconcile(node: Node, reconcile: Reconcile, given: Circumstances): void {
    if (node.faults + reconcile.faults > this.#search.mostFaults) return;
    const left = {
      ...reconcile.left,
      ghost: reconcile.isWritten ? ghostLeft(reconcile) : ghostFound(reconcile),
    };
    checkReconcile({ ...reconcile, left }, this.#report);
    const violations = this.#report.take();
    const next = this.#go(node, left, reconcile.name, reconcile.faults);
    this.#note(violations, node, `${reconcile.name}\n      ${describe(left)}`);
    if (reconcile.faults > 0 || given.act !== undefined || next === undefined) return;
    const isQuiet = reconcile.isQuiet || (next === node && this.#comesToQuiet(left, given));
    if (reconcile.evidence === "harmful") node.rest.harmful = { to: next.rest, isQuiet };
    else if (node.rest.healthy === undefined) node.rest.healthy = { to: next.rest, isQuiet };
  }

  /** What is only said may still have to be said once. */
  #comesToQuiet(world: World, given: Circumstances): boolean {
    let left = world;
    for (let reconciles = 0; reconciles < mostLastWords; reconciles += 1) {
      const reconcile = reconcilesOf(left, given, this.#loudJudge).find(({ faults }) => faults === 0);
      if (reconcile === undefined || reconcile.isQuiet) return true;
      left = reconcile.left;
    }
    return false;
  }

  /** Nobody reconciles: the operator is away, or what it wrote was refused. */
  #absent(node: Node, world: World, after: number): void {
    const name = after === 1 ? "the status write is refused" : "the operator is away for long";
    if (node.faults >= this.#search.mostFaults) return;
    this.#go(node, absence({ ...world, ghost: ghostAfter(world, after) }, "healthy", after), name, 1);
  }

  #go(from: Node, to: World, by: string, more: number): Node | undefined {
    const faults = from.faults + more;
    if (faults > this.#search.mostFaults) return undefined;
    this.#transitions += 1;
    return this.#reach(to, from, by, faults);
  }

  #reach(world: World, from: Node | undefined, by: string, faults: number): Node {
    const key = keyOf(world);
    const depth = (from?.depth ?? -1) + 1;
    const known = this.#known.get(key);
    if (known !== undefined) {
      // Found again with fewer faults before its turn came: it is expanded with those.
      if (faults < known.faults && known.world !== undefined) {
        Object.assign(known, { faults, from, by, depth });
        this.#open[faults]?.push(known);
      }
      return known;
    }
    const line = describe(world);
    const rest: RestNode = { state: stateOf(world), isWell: healEnvironment(world) === world, line };
    const node: Node = { world, line, from, by, depth, faults, rest };
    this.#known.set(key, node);
    this.#open[faults]?.push(node);
    checkWorld(world, this.#report);
    this.#note(this.#report.take(), node);
    if (this.#known.size % 2000 === 0)
      this.#search.onProgress?.(
        this.#known.size,
        this.#open.reduce((sum, bucket) => sum + bucket.length, 0),
      );
    return node;
  }

  #note(violations: readonly Violation[], node: Node, ...more: readonly string[]): void {
    for (const violation of violations) {
      const what = `${violation.invariant} ${violation.what}`;
      if (this.#told.has(what)) continue;
      this.#told.add(what);
      this.#violations.push({ ...violation, path: [...pathTo(node), ...more] });
    }
  }
}

/** The checker's memory after steps without a reconcile. */
function ghostAfter(world: World, after: number): Ghost {
  const { ghost, status } = world;
  const away = status.phase === "Guard" ? Math.min(absenceSteps, ghost.away + after) : 0;
  const sampled = ghost.sampled < 0 ? ghost.sampled : Math.min(1, ghost.sampled + after);
  // Time in which nobody looked isn't counted against the pods.
  const mixed = status.phase === "CuttingOver" && after < absenceSteps ? ghost.mixed : 0;
  const behind = isAwaited(world) ? Math.min(steps.ackTimeout + 1, ghost.behind + after) : 0;
  return { ...ghost, away, sampled, mixed, behind };
}

function pathTo(node: Node): string[] {
  const path: string[] = [];
  for (let at: Node | undefined = node; at !== undefined; at = at.from) path.unshift(`${at.by}\n      ${at.line}`);
  return path;
}

/** What may come of a world that is left alone. */
function stateOf(world: World): RestNode["state"] {
  const { status, base, overlay } = world;
  if (world.gone || isFinal(world)) return "ended";
  const isHeld = status.acts?.paused === true || status.harm?.heldSince !== undefined;
  const isDisputed = base !== "source" || overlay?.foreign === true || isAhead(world);
  const awaitsPromote = status.phase === "AwaitingCutover" && status.acts?.promotedBy === undefined;
  return isHeld || isDisputed || awaitsPromote ? "waits" : "goes on";
}
