// What the demo can be asked for, from its environment.
import { z } from "zod";

/** Ways in which the destination isn't what the manifest says. */
const destinationFaults = [
  "bad-credential",
  "missing-collection",
  "wrong-dimension",
  "unreachable",
  "drifted",
] as const;
export type DestinationFault = (typeof destinationFaults)[number];

/** What happens to the new primary in the guard, one migration each; late only when it is asked for. */
const usual = ["lost-chunks", "slow", "errors"] as const;
/** late: a person goes back later than rollback.verifyDriftAfter, after writes that only the new primary received. */
const degradations = [...usual, "late"] as const;
export type Degradation = (typeof degradations)[number];

/** copy: the destination isn't there at first, and the source is written to all the while. */
const dataModes = ["copy"] as const;

const optional = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === "" ? undefined : value), schema.optional());

const optionsSchema = z.object({
  DESTINATION: optional(z.enum(destinationFaults)),
  DEGRADE: optional(z.enum(degradations)),
  DATA: optional(z.enum(dataModes)),
  CHAOS: optional(z.enum(["kill-operator"])),
  SEED: optional(z.coerce.number().int().min(0).max(0xffffffff)),
});

export type DemoOptions = {
  readonly destinationFault: DestinationFault | undefined;
  /** Whether the operator has the destination filled and kept equal. */
  readonly copies: boolean;
  /** The degradations to show, one migration each. */
  readonly degradations: readonly Degradation[];
  readonly killOperator: boolean;
  readonly seed: number | undefined;
};

/** Parses the environment. Throws with every fault: variable, what came, what was expected. */
export function parseOptions(env: Readonly<Record<string, string | undefined>>): DemoOptions {
  const parsed = optionsSchema.safeParse(env);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => {
      const name = String(issue.path[0]);
      return `${name}: got ${env[name] ?? "nothing"}, ${issue.message}`;
    });
    throw new Error(faults.join("\n"));
  }
  const { DESTINATION, DEGRADE, DATA, CHAOS, SEED } = parsed.data;
  return {
    destinationFault: DESTINATION,
    copies: DATA !== undefined,
    degradations: DEGRADE === undefined ? usual : [DEGRADE],
    killOperator: CHAOS !== undefined,
    seed: SEED,
  };
}
