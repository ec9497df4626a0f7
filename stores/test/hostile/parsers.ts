// Every parser of what stores answer, and of text that names one, with the longest that it reads. A new one belongs here.
import { ChunkPage } from "#chunks/chunk-page.ts";
import type { ChunkFields } from "#config/chunk-fields.ts";
import { readCredentialText } from "#config/credential-text.ts";
import { readMoment as readFilterMoment } from "#filter/moment.ts";
import { MessageWatch } from "#pgvector/client/message-watch.ts";
import { readConnectionString } from "#pgvector/config/connection-string.ts";
import { readPoints } from "#qdrant/chunks/point-answers.ts";
import { readScroll } from "#qdrant/chunks/scroll-page.ts";
import { refusalOf, statusFault } from "#qdrant/client/classify.ts";
import { readCandidates } from "#qdrant/retrieve/answer.ts";
import { printable } from "#values/printable.ts";
import { exactTime, readMoment } from "#values/time.ts";
import { type ForeignParser, jsonShapes, type Make, onShapes } from "./shapes.ts";

const mib = 1_048_576;
/** What an answer to a search for as many as may be asked may take without content, and with it. */
const plainChars = 65_536 + 1000 * 4096;
const contentChars = 6 * mib;
const messageChars = 8 * mib;
/** A page is read by a tool that serves nobody meanwhile; what grows faster than the text would show below its bound. */
const pageChars = 4 * mib;

const fields: ChunkFields = {
  id: ["id"],
  entity: ["entity"],
  text: ["text"],
  textMember: ["inner"],
  updatedAt: ["at"],
  namespace: null,
  metadata: { lang: ["lang"] },
  metadataRoot: [],
};
const content = { text: true, metadata: ["lang"] } as const;
const scroll = (text: string) => {
  const page = new ChunkPage({ level: "payload", pageSize: 100_000, dimension: 3 });
  return readScroll(Buffer.from(text), page, { places: { ...fields, agreed: [] }, vectorName: undefined });
};
const wire = (text: string) => {
  const bytes = Buffer.from(text, "latin1");
  const watch = new MessageWatch(bytes.length);
  for (let at = 0; at < bytes.length; at += 1024) watch.read(bytes.subarray(at, at + 1024));
};

/** One point of a search, with the payload. */
const found = (payload: string) => `{"id":1,"score":0.5,"payload":${payload}}`;
const answer = (points: string) => `{"result":{"points":[${points}],"next_page_offset":null},"status":"ok"}`;
const answerShapes: Readonly<Record<string, Make>> = {
  ...Object.fromEntries(
    Object.entries(jsonShapes).map(([shape, make]): [string, Make] => [
      `a payload of ${shape}`,
      (size, turn) => answer(found(make(size - 120, turn))),
    ]),
  ),
  points: (size) => answer(Array.from({ length: size / 70 }, () => found('{"id":"a","at":1.0}')).join(",")),
  "text that is JSON": (size) => answer(found(JSON.stringify({ text: `{"inner":"${"\\\\".repeat(size / 8)}"}` }))),
  "quotes in text": (size) => answer(found(`{"text":"${'\\"'.repeat(size / 2 - 80)}"}`)),
};
/** A head of Postgres's protocol: code, then the length with its own four bytes. */
const head = (code: string, length: number) => {
  const bytes = Buffer.alloc(5);
  bytes.write(code, "latin1");
  bytes.writeUInt32BE(length + 4, 1);
  return bytes.toString("latin1");
};
const wireShapes: Readonly<Record<string, Make>> = {
  "one message": (size) => `${head("d", size)}${"x".repeat(size)}`,
  "empty messages": (size) => head("Z", 0).repeat(size / 5),
  "a row": (size) =>
    `${head("D", size)}\0\u0001\0${String.fromCharCode((size >> 16) & 255, (size >> 8) & 255, size & 255)}${"x".repeat(size)}`,
  reports: (size) => `${head("N", 60_000)}${"S\0".repeat(29_999)}\0\0`.repeat(size / 60_005 + 1),
};

export const parsers: readonly ForeignParser[] = [
  ...onShapes(
    { name: "candidates", parse: (text) => readCandidates(text, fields, (score) => score), bound: plainChars },
    answerShapes,
  ),
  ...onShapes(
    {
      name: "candidates with content",
      parse: (text) => readCandidates(text, fields, (score) => score, content),
      bound: contentChars,
    },
    answerShapes,
  ),
  ...onShapes({ name: "a page", parse: scroll, bound: pageChars, servesNobody: true }, answerShapes),
  ...onShapes(
    { name: "whole points", parse: (text) => readPoints(text, fields), bound: pageChars, servesNobody: true },
    answerShapes,
  ),
  ...onShapes({ name: "messages of Postgres", parse: wire, bound: messageChars }, wireShapes),
  {
    name: "a refusal",
    parse: (text) => statusFault(refusalOf({ status: 400, text })),
    make: (size) => 'Index required but not found for "'.repeat(size / 34),
    bound: plainChars,
  },
  {
    name: "a refusal of digits",
    parse: (text) => statusFault(refusalOf({ status: 400, text })),
    make: (size) => `Limit exceeded ${"1".repeat(size)}`,
    bound: plainChars,
  },
  {
    name: "a connection string: pairs",
    parse: readConnectionString,
    make: (size) => "host=a ".repeat(size / 7),
    bound: 65_536,
  },
  {
    name: "a connection string: escapes",
    parse: readConnectionString,
    make: (size) => `host='${"\\'".repeat(size / 2)}`,
    bound: 65_536,
  },
  {
    name: "a connection string: URI",
    parse: readConnectionString,
    make: (size) => `postgres://u:${":@".repeat(size / 2)}`,
    bound: 65_536,
  },
  {
    name: "a connection string: parameters",
    parse: readConnectionString,
    make: (size) => `postgres://u@h/d?${"sslmode=disable&".repeat(size / 16)}`,
    bound: 65_536,
  },
  { name: "a credential", parse: readCredentialText, make: (size) => `${"\r".repeat(size)}x`, bound: 65_536 },
  {
    name: "a moment of zeros",
    parse: exactTime,
    make: (size) => `2026-01-31T12:00:00.000${"0".repeat(size)}1Z`,
    bound: mib,
  },
  {
    name: "a moment of digits",
    parse: readMoment,
    make: (size) => `2026-01-31T12:00:00.${"1".repeat(size)}`,
    bound: mib,
  },
  {
    name: "a filter's moment",
    parse: readFilterMoment,
    make: (size) => `2026-01-31T12:00:00.${"1".repeat(size)}`,
    bound: mib,
  },
  { name: "printable words", parse: printable, make: (size) => "\u202e".repeat(size), bound: 65_536 },
];
