// What it costs to parse a request of numbers and to print them again: CPU microseconds, anew for every message.
import { makeBodies } from "../bodies.ts";

const texts = makeBodies("json-768").map((body) => body.toString());
const repeats = 2;

/** Mean over all texts, each of them `repeats` times. */
function measure(): number {
  const before = process.cpuUsage();
  let length = 0;
  for (let index = 0; index < repeats * texts.length; index += 1) {
    const { embedding } = JSON.parse(texts[index % texts.length] ?? "") as { embedding: number[] };
    length += JSON.stringify(embedding).length;
  }
  const { user, system } = process.cpuUsage(before);
  if (length === 0) throw new Error("nothing was printed");
  return (user + system) / (repeats * texts.length);
}

process.on("message", () => process.send?.({ micros: measure() }));
process.once("disconnect", () => process.exit(0));
measure();
process.stdout.write('{"ready":"yes"}\n');
