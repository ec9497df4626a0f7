// How a container of an image starts, from the Dockerfile itself: whoever makes the image without one starts it the same way.
// Reads only.
import { readFileSync } from "node:fs";
import { join } from "node:path";

type ImageName = "operator" | "sidecar";
/** As the image format of the Open Container Initiative spells it. */
type ImageConfig = {
  readonly User: string;
  readonly WorkingDir: string;
  readonly Env: readonly string[];
  readonly ExposedPorts: Readonly<Record<string, object>>;
  readonly Entrypoint: readonly string[];
  readonly Cmd?: readonly string[];
};

const dockerfile = join(import.meta.dirname, "../../images/Dockerfile");

/** The settings of a target. Throws when it has no ENTRYPOINT as a JSON array. */
export function imageConfigOf(name: ImageName, text = readFileSync(dockerfile, "utf8")): ImageConfig {
  const stage = text.split(/^FROM /m).find((each) => new RegExp(`^\\S+ AS ${name}$`, "m").test(each)) ?? "";
  const linesOf = (word: string) =>
    [...stage.matchAll(new RegExp(`^${word} (.*)$`, "gm"))].map(([, rest = ""]) => rest);
  const wordsOf = (word: string) => {
    const found = linesOf(word).find((rest) => rest.startsWith("["));
    return found === undefined ? undefined : (JSON.parse(found) as readonly string[]);
  };
  const [entrypoint, command] = [wordsOf("ENTRYPOINT"), wordsOf("CMD")];
  if (entrypoint === undefined) throw new Error(`${dockerfile}: target ${name} has no ENTRYPOINT`);
  const ports = linesOf("EXPOSE").flatMap((rest) => rest.split(" "));
  return {
    User: linesOf("USER")[0] ?? "",
    WorkingDir: "/",
    Env: linesOf("ENV"),
    ExposedPorts: Object.fromEntries(ports.map((port) => [`${port}/tcp`, {}])),
    Entrypoint: entrypoint,
    ...(command === undefined ? {} : { Cmd: command }),
  };
}

/** The variables of its environment. */
export function environmentOf(name: ImageName): Readonly<Record<string, string>> {
  const pairs = imageConfigOf(name).Env.map((each) => each.split("=", 2) as [string, string]);
  return Object.fromEntries(pairs);
}

/** What stands between the program and its script: arguments of Node. */
export function nodeArgumentsOf(name: ImageName): readonly string[] {
  return imageConfigOf(name).Entrypoint.slice(1, -1);
}
