import { expect, test } from "vitest";
import { signatureOf } from "./webhook-body.ts";

// The example by which the libraries of Standard Webhooks are tested.
const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const said = {
  namespace: "search",
  migration: "docs",
  uid: "uid-1",
  message: { key: "msg_p5jXN8AQM9LWM0D4loKWxJek", kind: "Start", text: "", at: "2021-02-25T15:02:10.000Z" },
} as const;

test("a secret of Standard Webhooks signs as their libraries verify", () => {
  const headers = signatureOf(said, '{"test": 2432232314}', { key: secret, now: 1_614_265_330_000 });
  expect(headers["webhook-signature"]).toBe("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
});

test("what only begins like one signs as it is, never with an empty key", () => {
  const [whole, bare] = ["whsec_", "whsec_no base64!"].map((key) => signatureOf(said, "body", { key, now: 0 }));
  const empty = signatureOf(said, "body", { key: "", now: 0 });
  expect(new Set([whole, bare, empty].map((headers) => headers?.["webhook-signature"])).size).toBe(3);
});
