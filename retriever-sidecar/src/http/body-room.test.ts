import type { IncomingMessage } from "node:http";
import fc from "fast-check";
import { expect, test } from "vitest";
import { makeBodyRoom } from "./body-room.ts";

type Sender = { complete: boolean; isCut: boolean };

function aRequest(): Sender & IncomingMessage {
  const sender: Sender = { complete: false, isCut: false };
  return Object.assign(sender, { socket: { destroy: () => void (sender.isCut = true) } }) as never;
}

const most = 1_000_000;
const step = fc.record({
  of: fc.nat({ max: 9 }),
  bytes: fc.integer({ min: 40_000, max: 400_000 }),
  does: fc.constantFrom("hold", "hold", "hold", "complete", "release"),
});

test("bodies never hold more than the room, and none that is whole is cut off", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const room = makeBodyRoom(most);
      const requests = Array.from({ length: 10 }, aRequest);
      const held = new Map<Sender, number>();
      for (const { of, bytes, does } of steps) {
        const request = requests[of] as Sender & IncomingMessage;
        if (request.isCut) continue;
        if (does === "complete") request.complete = true;
        else if (does === "release" || request.complete) {
          room.release(request);
          held.delete(request);
          requests[of] = aRequest();
        } else if (room.hold(request, Math.max(bytes, held.get(request) ?? 0))) {
          held.set(request, Math.max(bytes, held.get(request) ?? 0));
        } else {
          room.release(request);
          held.delete(request);
          requests[of] = aRequest();
        }
        for (const [other] of held) if (other.isCut) held.delete(other);
        expect([...held.values()].reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(most);
        expect(requests.some(({ complete, isCut }) => complete && isCut)).toBe(false);
      }
    }),
  );
});

test("the body that has been coming for longest is cut off, a small one costs nothing", () => {
  const room = makeBodyRoom(most);
  const [first, second, third, small] = [aRequest(), aRequest(), aRequest(), aRequest()];
  expect(room.hold(small, 1000)).toBe(true);
  for (const each of [first, second, third]) expect(room.hold(each, 400_000)).toBe(true);
  expect([first, second, third, small].map(({ isCut }) => isCut)).toEqual([true, false, false, false]);
});

test("where whole bodies take all the room, a new one is refused", () => {
  const room = makeBodyRoom(most);
  for (const each of [aRequest(), aRequest()]) {
    each.complete = true;
    expect(room.hold(each, 500_000)).toBe(true);
  }
  expect(room.hold(aRequest(), 100_000)).toBe(false);
});
