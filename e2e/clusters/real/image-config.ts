// How a container of an image starts, from the Dockerfile itself: whoever starts the same without one starts it the same way.
// Reads only.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

export type ImageName = "operator" | "sidecar";
export type ImageConfig = { readonly Entrypoint: readonly string[]; readonly Cmd?: readonly string[] };

const dockerfile = join(import.meta.dirname, "../../../images/Dockerfile");
const wordsSchema = z.array(z.string()).min(1);

/** ENTRYPOINT and CMD of a target. Throws when it has no ENTRYPOINT as a JSON array. */
export function imageConfigOf(name: ImageName, text = readFileSync(dockerfile, "utf8")): ImageConfig {
  const stage = text.split(/^FROM /m).find((each) => new RegExp(`^\\S+ AS ${name}$`, "m").test(each)) ?? "";
  const read = (word: "ENTRYPOINT" | "CMD"): readonly string[] | undefined => {
    const found = new RegExp(`^${word} (\\[.*\\])$`, "m").exec(stage)?.[1];
    return found === undefined ? undefined : wordsSchema.parse(JSON.parse(found));
  };
  const [entrypoint, command] = [read("ENTRYPOINT"), read("CMD")];
  if (entrypoint === undefined) throw new Error(`${dockerfile}: target ${name} has no ENTRYPOINT`);
  return { Entrypoint: entrypoint, ...(command === undefined ? {} : { Cmd: command }) };
}

/** What stands between the program and its script: arguments of Node. */
export function nodeArgumentsOf(name: ImageName): readonly string[] {
  return imageConfigOf(name).Entrypoint.slice(1, -1);
}
