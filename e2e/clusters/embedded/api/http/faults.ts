// Faults that a test plants in front of the API, and the log of what was asked.
// Both are bounded; neither touches the store.

type LoggedRequest = {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly user: string;
  readonly fieldManager: string;
  /** 0 when the connection was dropped or hangs. */
  readonly status: number;
};

export type FaultSubject = Omit<LoggedRequest, "status"> & { readonly verb: string };

/**
 * What happens instead of an answer. `hang`: none, until the client gives up. `reset`: the connection breaks before the
 * request has any effect. `dropReply`: the request has its effect and then the connection breaks.
 */
export type FaultOutcome = { readonly status: number; readonly body?: unknown } | "hang" | "reset" | "dropReply";

type FaultRule = {
  readonly match: (request: FaultSubject) => boolean;
  readonly outcome: FaultOutcome;
  /** How often it strikes; every time when absent. */
  readonly times?: number;
};

const maxRules = 100;

/** The planted faults. */
export type Faults = {
  /** Plants a rule; the returned function takes it out. */
  readonly add: (rule: FaultRule) => () => void;
  /** How often any rule struck. */
  readonly struck: () => number;
  /** The outcome for a request, counted; for the server alone. */
  readonly take: (request: FaultSubject) => FaultOutcome | undefined;
};

export function makeFaults(): Faults {
  const rules = new Map<FaultRule, number>();
  let struck = 0;
  return {
    add: (rule) => {
      if (rules.size >= maxRules) throw new Error(`more than ${maxRules} fault rules`);
      rules.set(rule, rule.times ?? Number.POSITIVE_INFINITY);
      return () => void rules.delete(rule);
    },
    struck: () => struck,
    take: (request) => {
      for (const [rule, left] of rules) {
        if (left <= 0 || !rule.match(request)) continue;
        rules.set(rule, left - 1);
        struck += 1;
        return rule.outcome;
      }
      return undefined;
    },
  };
}

export type RequestLog = {
  /** The newest requests, oldest first. */
  readonly all: () => readonly LoggedRequest[];
  /** How many requests a user has made since the start, by `verb resource`: `get pods`, `update leases`. */
  readonly counts: (user: string) => ReadonlyMap<string, number>;
  readonly add: (request: LoggedRequest, verb: FaultSubject["verb"]) => void;
};

export function makeRequestLog(limit: number): RequestLog {
  const entries: LoggedRequest[] = [];
  const counts = new Map<string, Map<string, number>>();
  return {
    all: () => [...entries],
    counts: (user) => new Map(counts.get(user)),
    add: (request, verb) => {
      entries.push(request);
      if (entries.length > limit) entries.shift();
      const own = counts.get(request.user) ?? new Map<string, number>();
      const key = kindOf(request.path, verb);
      counts.set(request.user, own.set(key, (own.get(key) ?? 0) + 1));
    },
  };
}

const verbs: Readonly<Record<string, string>> = { post: "create", put: "update" };

/** Verb and resource as rights name them. */
function kindOf(path: string, verb: string): string {
  const [root, ...rest] = path.split("/").slice(1);
  const below = rest.slice(root === "api" ? 1 : 2);
  const [plural = "", name, subresource] = below[0] === "namespaces" && below.length > 2 ? below.slice(2) : below;
  const resource = subresource === undefined ? plural : `${plural}/${subresource}`;
  return `${verb === "get" && name === undefined ? "list" : (verbs[verb] ?? verb)} ${resource}`;
}
