// A length that depends on when it begins, in words. Pure.
import { timeWord } from "@retriever/operator/page/words.ts";
import type { Span } from "./flow.ts";

/** `7m10s`, or `7m10s to 2h` where it depends on when it begins. */
export function spanTime({ shortest, longest }: Span): string {
  const [short, long] = [timeWord(shortest), timeWord(longest)];
  return short === long ? long : `${short} to ${long}`;
}
