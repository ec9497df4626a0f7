// Scalar types that many fields share: bounded, since the API server prices a rule by the longest value it may meet.
import { z } from "zod";

/** 0..1. */
export const share = z.number().min(0).max(1);

/** Words that may not be missing. */
export function nonEmpty(maxLength: number): z.ZodString {
  return z.string().min(1).max(maxLength);
}

/** How many of something, from a least number on. */
export function countFrom(least: number): z.ZodInt {
  return z.int().min(least).max(1_000_000_000);
}

/** How many of the pods, as Kubernetes writes it: `90%`, or 9. At least one pod. */
export const podShare = z
  .union([
    countFrom(1),
    z
      .string()
      .max(4)
      .regex(/^([1-9][0-9]?|100)%$/, 'expected a number of pods, or a share as "90%"'),
  ])
  .meta({ "x-kubernetes-int-or-string": true });

export const objectName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, "expected the name of an object: a-z, 0-9, - and .");

/** Name, UID or the like, in a status. */
export const shortName = z.string().max(253);

/** When something happened, in a status. */
export const instant = z
  .string()
  .max(40)
  .meta({ examples: ["2030-01-01T12:00:00.000Z"] });

/** Why, as one word. */
export const reasonWord = z
  .string()
  .max(128)
  .regex(/^[A-Za-z][A-Za-z0-9]*$/)
  .meta({ refused: "two words" });

export const sentence = z.string().max(2048);
