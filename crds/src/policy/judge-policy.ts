// What a policy finds wrong with a spec, as sentences; nothing: the spec is within the policy. Pure.
import { locateOverlayAdapter } from "@retriever/stores/kinds.ts";
import { writesToStores } from "#spec/data-spec.ts";
import type { MigrationSpec } from "#spec/migration-spec.ts";
import type { PolicySpec } from "./policy-spec.ts";

/** As many as a plan may have. Policies together may ask for more. */
const mostRoles = 10;

/**
 * Every demand of a policy that a spec doesn't meet, with the field, what it says and what is expected. Its checks are
 * resolved before, by this policy among others.
 */
export function judgePolicy(policy: PolicySpec, spec: MigrationSpec): string[] {
  return [
    ...judgeApprovals(policy, spec),
    ...judgeHold(policy, spec),
    ...judgeWindow(policy, spec),
    ...judgeDestination(policy, spec),
    ...judgeData(policy, spec),
  ];
}

function judgeApprovals(
  { approvals: asked }: PolicySpec,
  { checklist: { approvals }, requestedBy }: MigrationSpec,
): string[] {
  if (asked === undefined) return [];
  const at = "spec.checklist.approvals";
  if (approvals.roles.length > mostRoles)
    return [
      `${at}.roles: got ${approvals.roles.length} of several policies, expected at most ${mostRoles}; name them here`,
    ];
  if (approvals.policy === "Skip") return [`${at}.policy: got Skip, expected Require`];
  const roles = asked.roles.flatMap(({ name, quorum }) => {
    const own = approvals.roles.filter((role) => role.name === name).map((role) => role.quorum);
    const most = Math.max(0, ...own);
    if (most >= quorum) return [];
    return [`${at}.roles: expected ${name} with a quorum of at least ${quorum}, got ${most === 0 ? "none" : most}`];
  });
  const isSet = (field: "fourEyes" | "differentPeople") =>
    asked[field] && !approvals[field] ? [`${at}.${field}: got false, expected true`] : [];
  const nobody =
    asked.fourEyes && requestedBy === undefined ? ["spec.requestedBy: got nobody, expected who asks for it"] : [];
  return [...roles, ...isSet("fourEyes"), ...isSet("differentPeople"), ...nobody];
}

function judgeHold({ hold }: PolicySpec, { mode, cutover }: MigrationSpec): string[] {
  if (!hold || cutover.hold || mode === "Validate") return [];
  return ["spec.cutover.hold: got false, expected true"];
}

function judgeWindow({ window: asked }: PolicySpec, { checklist: { window } }: MigrationSpec): string[] {
  if (asked === undefined) return [];
  const at = "spec.checklist.window";
  if (window.policy === "Skip") return [`${at}.policy: got Skip, expected Require`];
  if (window.timeZone !== asked.timeZone)
    return [`${at}.timeZone: got ${window.timeZone}, expected ${asked.timeZone}, so that both can be compared`];
  const others = window.days.filter((day) => !asked.days.includes(day));
  const days = others.length === 0 ? [] : [`${at}.days: got ${others.join(", ")}, expected ${asked.days.join(", ")}`];
  const [own, outer] = [spanOf(window), spanOf(asked)];
  if (own.from >= outer.from && own.to <= outer.to) return days;
  return [...days, `${at}: got ${window.start} to ${window.end}, expected within ${asked.start} to ${asked.end}`];
}

function judgeData({ storeWrites }: PolicySpec, spec: MigrationSpec): string[] {
  if (storeWrites === "Allow" || !writesToStores(spec)) return [];
  const asked = (["copy", "sync"] as const).filter((field) => spec.data[field] !== "Never");
  return asked.map(
    (field) => `spec.data.${field}: got ${spec.data[field]}, expected Never: the policy's storeWrites is Forbid`,
  );
}

type Times = { readonly start: string; readonly end: string };

/** Minutes from the first midnight; a window that ends where it starts, or before, ends on the next day. */
function spanOf({ start, end }: Times): { readonly from: number; readonly to: number } {
  const [from, to] = [start, end].map((time) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3))) as [
    number,
    number,
  ];
  return { from, to: to > from ? to : to + 24 * 60 };
}

function judgeDestination({ destinations }: PolicySpec, { destination }: MigrationSpec): string[] {
  const { stores, hosts, tls } = destinations;
  const { host } = locateOverlayAdapter(destination);
  const isKind = stores.length === 0 || stores.includes(destination.kind);
  const isHost = hosts.length === 0 || hosts.some((allowed) => isBelow(host, allowed));
  const isTls = destination.kind === "qdrant" ? destination.url.startsWith("https:") : destination.tls !== undefined;
  return [
    ...(isKind ? [] : [`spec.destination.kind: got ${destination.kind}, expected one of ${stores.join(", ")}`]),
    ...(isHost ? [] : [`spec.destination: got host ${host}, expected one of ${hosts.join(", ")}`]),
    ...(!tls || isTls ? [] : ["spec.destination: expected a store that is reached by TLS"]),
  ];
}

function isBelow(host: string, allowed: string): boolean {
  // Brackets are an address's in a URL, as CEL knows too.
  const name = host.toLowerCase().replace(/\.$|^\[|\]$/g, "");
  return allowed.startsWith("*.") ? name.endsWith(allowed.slice(1)) : name === allowed;
}

type Labels = Readonly<Record<string, string>>;

/** Whether a policy is about a namespace with these labels. */
export function selectsNamespace({ namespaceSelector }: PolicySpec, labels: Labels): boolean {
  return namespaceSelector.matchExpressions.every(({ key, operator, values }) => {
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
    const isIn = value !== undefined && values.includes(value);
    return { In: isIn, NotIn: !isIn, Exists: value !== undefined, DoesNotExist: value === undefined }[operator];
  });
}
