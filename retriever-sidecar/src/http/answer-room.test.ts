import { EventEmitter } from "node:events";
import type { ServerResponse } from "node:http";
import fc from "fast-check";
import { expect, test } from "vitest";
import { makeAnswerRoom } from "./answer-room.ts";

type Answer = ServerResponse & { readonly isCut: boolean };

function anAnswer(writableLength: number): Answer {
  const answer = Object.assign(new EventEmitter(), { writableLength, isCut: false });
  const destroy = () => void (answer.isCut = true);
  return Object.assign(answer, { req: { socket: { destroy } } }) as never;
}

const most = { unread: 1_000_000, all: 2_000_000 };

test("answers never hold more than the room: those that wait for longest go, small ones and those that were read don't", () => {
  const bytes = fc.oneof(fc.constant(1000), fc.integer({ min: 40_000, max: 400_000 }));
  fc.assert(
    fc.property(fc.array(fc.tuple(bytes, fc.boolean(), fc.nat({ max: 500 })), { maxLength: 60 }), (steps) => {
      const room = makeAnswerRoom(most);
      const unread: (readonly [Answer, number])[] = [];
      let now = 0;
      for (const [length, isRead, afterMs] of steps) {
        now += afterMs;
        const answer = anAnswer(length);
        room.hold(answer, now);
        if (isRead) answer.emit("close");
        else unread.push([answer, now]);
        const left = unread.filter(([{ isCut, writableLength }]) => !isCut && writableLength > 32_768);
        const sum = left.reduce((bytes, [{ writableLength }]) => bytes + writableLength, 0);
        expect(sum).toBeLessThanOrEqual(left.some(([, since]) => now - since >= 1000) ? most.unread : most.all);
      }
      const large = unread.map(([answer]) => answer).filter(({ writableLength }) => writableLength > 32_768);
      const left = large.filter(({ isCut }) => !isCut);
      // The newest ones: nobody gives way who came after one that is still held.
      expect(large.slice(large.length - left.length)).toEqual(left);
      expect(unread.filter(([{ isCut, writableLength }]) => isCut && writableLength === 1000)).toEqual([]);
    }),
  );
});

test("while others wait for room, who takes some isn't cut off, and who stands still for long is", () => {
  const room = makeAnswerRoom(most);
  const answer = anAnswer(900_000);
  const handle = { writeQueueSize: 900_000 };
  Object.assign(answer.req.socket, { _handle: handle });
  room.hold(answer, 0);
  room.relieve(2000);
  handle.writeQueueSize -= 100_000;
  for (const now of [4000, 6400]) room.relieve(now);
  expect(answer.isCut).toBe(false);
  room.relieve(6500);
  expect([answer.isCut, room.unread()]).toEqual([true, 0]);
});

test("a client that takes a drop now and then is cut off in the end", () => {
  const room = makeAnswerRoom(most);
  const answer = anAnswer(900_000);
  const handle = { writeQueueSize: 900_000 };
  Object.assign(answer.req.socket, { _handle: handle });
  room.hold(answer, 0);
  for (let now = 1000; now < 10_000; now += 1000) {
    handle.writeQueueSize -= 1;
    room.relieve(now);
    expect(answer.isCut).toBe(false);
  }
  room.relieve(10_000);
  expect(answer.isCut).toBe(true);
});
