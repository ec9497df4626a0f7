// A union of objects → one object with the properties of all, plus CEL rules that say which belong together. Pure.
import type { CelValidation, JsonSchema } from "./schema-node.ts";

/**
 * Merges the branches of a union of objects.
 * With a property of one literal per branch (`kind`) the rules follow it; without, exactly one branch must be there.
 * A default that not every branch has is left out: it would appear beside the wrong branch.
 */
export function flattenUnion(branches: readonly JsonSchema[]): JsonSchema {
  if (branches.some((branch) => branch.type !== "object")) {
    throw new TypeError("only unions of objects have a structural form");
  }
  const discriminator = discriminatorOf(branches);
  const rules = discriminator === undefined ? exactlyOneRule(branches) : branchRules(branches, discriminator);
  const required = requiredByAll(branches);
  return {
    type: "object",
    properties: mergedProperties(branches, discriminator),
    ...(required.length > 0 && { required }),
    "x-kubernetes-validations": rules,
  };
}

function propertiesOf(branch: JsonSchema): Readonly<Record<string, JsonSchema>> {
  return branch.properties ?? {};
}

function namesOf(branches: readonly JsonSchema[]): string[] {
  return [...new Set(branches.flatMap((branch) => Object.keys(propertiesOf(branch))))];
}

function discriminatorOf(branches: readonly JsonSchema[]): string | undefined {
  return namesOf(branches).find((name) => branches.every((branch) => propertiesOf(branch)[name]?.enum?.length === 1));
}

function requiredByAll(branches: readonly JsonSchema[]): string[] {
  return namesOf(branches).filter((name) => branches.every((branch) => branch.required?.includes(name)));
}

function mergedProperties(
  branches: readonly JsonSchema[],
  discriminator: string | undefined,
): Record<string, JsonSchema> {
  return Object.fromEntries(
    namesOf(branches).map((name) => {
      const variants = branches.flatMap((branch) => propertiesOf(branch)[name] ?? []);
      return [name, name === discriminator ? mergedLiteral(variants) : mergedVariants(name, variants, branches.length)];
    }),
  );
}

function mergedLiteral(variants: readonly JsonSchema[]): JsonSchema {
  return { ...variants[0], enum: variants.flatMap((variant) => variant.enum ?? []) };
}

function mergedVariants(name: string, variants: readonly JsonSchema[], branchCount: number): JsonSchema {
  const first = variants[0] ?? {};
  if (variants.length < branchCount) {
    const { default: _default, ...rest } = first;
    return rest;
  }
  const { pattern: _pattern, maxLength: _maxLength, ...shared } = first;
  for (const variant of variants) {
    const { pattern: _otherPattern, maxLength: _otherMaxLength, ...other } = variant;
    if (JSON.stringify(other) !== JSON.stringify(shared)) throw new TypeError(`branches disagree about ${name}`);
  }
  if (hasOnePattern(variants)) return first;
  // The branches' own patterns become rules; here stands only the widest bound.
  return { ...shared, maxLength: Math.max(...variants.map((variant) => variant.maxLength ?? 0)) };
}

function hasOnePattern(variants: readonly JsonSchema[]): boolean {
  return new Set(variants.map((variant) => `${variant.pattern} ${variant.maxLength}`)).size === 1;
}

function exactlyOneRule(branches: readonly JsonSchema[]): CelValidation[] {
  const names = branches.map((branch) => branch.required?.[0] ?? "");
  const count = names.map((name) => `(has(self.${name}) ? 1 : 0)`).join(" + ");
  return [{ rule: `${count} == 1`, message: `expected exactly one of ${names.join(", ")}` }];
}

function branchRules(branches: readonly JsonSchema[], discriminator: string): CelValidation[] {
  return branches.flatMap((branch) => {
    const kind = String(propertiesOf(branch)[discriminator]?.enum?.[0]);
    const other = `self.${discriminator} != '${kind}'`;
    return [
      ...belongingRules(branches, branch, { kind, other, discriminator }),
      ...ownPatternRules(branches, branch, { kind, other, discriminator }),
    ];
  });
}

type BranchName = { readonly kind: string; readonly other: string; readonly discriminator: string };

function belongingRules(branches: readonly JsonSchema[], branch: JsonSchema, name: BranchName): CelValidation[] {
  const needed = (branch.required ?? []).filter((property) => property !== name.discriminator);
  const foreign = namesOf(branches).filter((property) => propertiesOf(branch)[property] === undefined);
  const rules: CelValidation[] = [];
  if (needed.length > 0) {
    const rule = `${name.other} || (${needed.map((property) => `has(self.${property})`).join(" && ")})`;
    rules.push({ rule, message: `${name.discriminator} ${name.kind} needs ${needed.join(", ")}` });
  }
  if (foreign.length > 0) {
    const rule = `${name.other} || !(${foreign.map((property) => `has(self.${property})`).join(" || ")})`;
    rules.push({ rule, message: `${name.discriminator} ${name.kind} takes no ${foreign.join(", ")}` });
  }
  return rules;
}

function ownPatternRules(branches: readonly JsonSchema[], branch: JsonSchema, name: BranchName): CelValidation[] {
  return Object.entries(propertiesOf(branch)).flatMap(([property, { pattern }]) => {
    const variants = branches.flatMap((each) => propertiesOf(each)[property] ?? []);
    if (pattern === undefined || variants.length < branches.length || hasOnePattern(variants)) return [];
    const rule = `${name.other} || !has(self.${property}) || self.${property}.matches(${JSON.stringify(pattern)})`;
    return [{ rule, message: `${name.discriminator} ${name.kind} needs ${property} to match ${pattern}` }];
  });
}
