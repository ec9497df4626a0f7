// Each status that a user can cause has its own sentence with what to do; nothing of the answer itself is in it.
import fc from "fast-check";
import { expect, it } from "vitest";
import { statusFault } from "./classify.ts";

const asked = String.raw`{"must":[{"key":"lang","match":{"value":"hunter2"}},{"key":"\"dc:creator\""}]}`;

it.each<readonly [number, string, string, string]>([
  [401, "", "RETR_BACKEND_AUTH", "correct apiKey"],
  [403, "", "RETR_BACKEND_AUTH", "no right to read"],
  [403, '{"error":"forbidden"}', "RETR_BACKEND_AUTH", "without a key or with a wrong one: correct apiKey"],
  [403, "ExpiredSignature", "RETR_BACKEND_AUTH", "has expired: issue another one"],
  [403, "InvalidSignature", "RETR_BACKEND_AUTH", "isn't signed with the server's own key"],
  [
    401,
    "access[0].payload: The 'payload' constraint is deprecated and should not be used",
    "RETR_BACKEND_AUTH",
    "limits points by their payload",
  ],
  [401, "Invalid JWT, stateful validation failed", "RETR_BACKEND_AUTH", "value_exists"],
  [404, "Not found: Collection `x` doesn't exist!", "RETR_BACKEND_MISSING", "correct its name"],
  [404, "", "RETR_BACKEND_MISSING", "Qdrant has it from 1.10 on"],
  [404, "<h1>404 Not Found</h1>", "RETR_BACKEND_MISSING", "url has to be its own"],
  [
    500,
    "Service internal error: 1 of 1 read operations failed:\\n  Timeout error: Operation 'Search' timed out after 998ms",
    "RETR_DEADLINE_EXCEEDED",
    "gave up at the request's timeout",
  ],
  [400, "Vector dimension error: expected dim: 3, got 2", "RETR_REQUEST_INVALID", "expected 3 numbers, got 2"],
  [400, "Not existing vector name error: hunter2", "RETR_BACKEND_MISSING", "configured name"],
  [
    400,
    'Index required but not found for "lang" of one of the following types: [keyword]',
    "RETR_BACKEND_MISSING",
    "create one of type keyword",
  ],
  [
    400,
    String.raw`Index required but not found for \"\"dc:creator\"\" of one of the following types: [keyword]`,
    "RETR_BACKEND_MISSING",
    'a filter on "dc:creator" without an index',
  ],
  [
    400,
    'Index required but not found for "hunter2" of one of the following types: [keyword]',
    "RETR_BACKEND_MISSING",
    "a filter on one of the keys without an index",
  ],
  [
    400,
    'Index required but not found for "lang" of one of the following types: [hunter2]',
    "RETR_BACKEND_ANSWER_INVALID",
    "refused a valid request",
  ],
  [400, 'Limit exceeded 500 > 100 for "hunter2"', "RETR_BACKEND_ANSWER_INVALID", "Limit exceeded 500 > 100; "],
  [
    400,
    "Disk usage is at 75% of total hunter2, exceeding the configured limit of 1%",
    "RETR_BACKEND_ANSWER_INVALID",
    "refused a valid request",
  ],
  [400, 'Limit exceeded 500 > 100 for "limit"', "RETR_BACKEND_ANSWER_INVALID", "Limit exceeded 500 > 100 for limit"],
  [
    400,
    "Bad request: Request is forbidden on 'text' because global vector indexing is disabled (hnsw_config.m = 0). Help: x",
    "RETR_BACKEND_MISSING",
    "set m, or search_allow_exact",
  ],
  ...[
    "Disk usage is at 75% of total capacity, exceeding the configured limit of 1%",
    "Resident memory usage is at 42% of total memory, exceeding the configured limit of 40%",
    "Max points count limit of 20 reached",
    "Max vector storage size limit of 0.000095367431640625MB reached",
    "Max payload storage size limit of 1e-6MB reached",
  ].map((full) => [400, `Bad request: ${full}!`, "RETR_BACKEND_ANSWER_INVALID", `takes no more: ${full}; `] as const),
  [400, "Wrong input: Shard key not specified", "RETR_BACKEND_ANSWER_INVALID", "sharding_method: custom"],
  [400, "hunter2", "RETR_BACKEND_ANSWER_INVALID", "refused a valid request"],
  [302, "", "RETR_BACKEND_ANSWER_INVALID", "redirect"],
  [408, "", "RETR_DEADLINE_EXCEEDED", "timeout"],
  [413, "", "RETR_BACKEND_ANSWER_INVALID", "larger"],
  [429, "", "RETR_BACKEND_UNAVAILABLE", "rate limit"],
  [
    429,
    "Rate limiting exceeded: Write rate limit exceeded, request larger than rate limiter capacity, please try to split",
    "RETR_BACKEND_UNAVAILABLE",
    "more than Qdrant's rate limit",
  ],
  [500, "", "RETR_BACKEND_UNAVAILABLE", "its log"],
  [
    500,
    "Service internal error: No space left on device: WAL buffer size exceeds available disk space",
    "RETR_BACKEND_UNAVAILABLE",
    "disk is full",
  ],
  [502, "", "RETR_BACKEND_UNAVAILABLE", "a proxy before Qdrant can't reach it"],
  [503, "", "RETR_BACKEND_UNAVAILABLE", "isn't ready"],
  [504, "", "RETR_BACKEND_UNAVAILABLE", "in time"],
])("HTTP %i %s", (status, text, code, says) => {
  const fault = statusFault({ status, text }, (part) => asked.includes(part));
  expect(fault).toMatchObject({ code, message: expect.stringContaining(says) as string });
  expect(fault.message).not.toContain("hunter2");
});

it("passes the time on that Qdrant asks to wait, of its header before its text", () => {
  const text = "Rate limiting exceeded: Retry after 7s";
  expect(statusFault({ status: 429, text, retryAfter: "12" })).toMatchObject({ retryAfterSeconds: 12 });
  expect(statusFault({ status: 429, text })).toMatchObject({ retryAfterSeconds: 7 });
  expect(statusFault({ status: 503, text: "", retryAfter: "3" })).toMatchObject({ retryAfterSeconds: 3 });
  expect(statusFault({ status: 429, text: "", retryAfter: "soon" })).not.toHaveProperty("retryAfterSeconds");
});

it("says of no answer that Qdrant can't be reached, and names its status", () => {
  fc.assert(
    fc.property(fc.integer({ min: 300, max: 599 }), (status) => {
      const { message } = statusFault({ status, text: "" });
      expect(message).toContain(`HTTP ${status}`);
      expect(message).not.toMatch(/Qdrant can't be reached/);
    }),
  );
});
