// Each report that a user can cause has its own sentence with what to do; nothing of the report itself is in it.
import fc from "fast-check";
import { expect, it } from "vitest";
import { postgresError, readingError } from "./classify.ts";
import { MessageWatch, WireFault } from "./message-watch.ts";

const { signal } = new AbortController();
const report = (code: string, message: string, severity = "ERROR") =>
  postgresError(Object.assign(new Error(message), { code, severity }), signal);

it.each([
  ["28P01", 'password authentication failed for user "hunter2"', "RETR_BACKEND_AUTH", "correct the credential"],
  [
    "28000",
    'no pg_hba.conf entry for host "::1", user "u", database "d", no encryption',
    "RETR_BACKEND_TLS",
    "set tls",
  ],
  ["28000", 'no pg_hba.conf entry for host "::1", user "u", database "d", SSL off', "RETR_BACKEND_TLS", "set tls"],
  [
    "28000",
    'no pg_hba.conf entry for host "::1", user "u", database "d", SSL encryption',
    "RETR_BACKEND_AUTH",
    "no entry",
  ],
  ["28000", "connection requires a valid client certificate", "RETR_BACKEND_AUTH", "certificate of the client"],
  ["28000", 'role "hunter2" is not permitted to log in', "RETR_BACKEND_AUTH", "LOGIN"],
  ["28000", 'role "hunter2" does not exist', "RETR_BACKEND_AUTH", "no such role"],
  [
    "08P01",
    "unsupported startup parameter: statement_timeout",
    "RETR_BACKEND_ANSWER_INVALID",
    "preparedStatements: false",
  ],
  ["08P01", "password authentication failed", "RETR_BACKEND_AUTH", "user or password"],
  ["08P01", 'database "hunter2" does not exist', "RETR_BACKEND_MISSING", "no such database"],
  ["08P01", "no more connections allowed (max_client_conn)", "RETR_BACKEND_UNAVAILABLE", "max_client_conn"],
  ["08P01", "query_wait_timeout", "RETR_BACKEND_UNAVAILABLE", "pool size"],
  [
    "08P01",
    "server login has been failing, try again later (server_login_retry)",
    "RETR_BACKEND_UNAVAILABLE",
    "can't reach Postgres",
  ],
  ["42P05", 'prepared statement "a" already exists', "RETR_BACKEND_ANSWER_INVALID", "preparedStatements: false"],
  ["26000", 'prepared statement "a" does not exist', "RETR_BACKEND_ANSWER_INVALID", "preparedStatements: false"],
  ["XX000", "Tenant or user not found", "RETR_BACKEND_AUTH", "user.project"],
  ["XX000", "(ENOTFOUND) tenant/user hunter2.project not found", "RETR_BACKEND_AUTH", "user.project"],
  ["XX000", "Max client connections reached", "RETR_BACKEND_UNAVAILABLE", "lower poolSize"],
  ["XX000", "(EMAXCONN) max client connections reached, limit: 200", "RETR_BACKEND_UNAVAILABLE", "lower poolSize"],
  [
    "XX000",
    "(EMAXCONNSESSION) max clients reached in session mode - max clients are limited to pool_size: 15",
    "RETR_BACKEND_UNAVAILABLE",
    "lower poolSize",
  ],
  [
    "XX000",
    "(ECHECKOUTTIMEOUT) unable to check out connection from the pool after 15000ms in Session mode",
    "RETR_BACKEND_UNAVAILABLE",
    "came free",
  ],
  [
    "XX000",
    "(ECIRCUITBREAKER) too many authentication failures, new connections are temporarily blocked",
    "RETR_BACKEND_AUTH",
    "correct it, and wait",
  ],
  ["XX000", "(EADDRNOTALLOWED) address not in tenant allow_list: {1, 2, 3, 4}", "RETR_BACKEND_AUTH", "address"],
  ["XX000", "(EDBHANDLEREXITED) connection to database closed", "RETR_BACKEND_UNAVAILABLE", "can't reach Postgres"],
  ["XX000", "Couldn't connect to compute node", "RETR_BACKEND_UNAVAILABLE", "can't reach Postgres"],
  ["28000", "connection is insecure (try using `sslmode=require`)", "RETR_BACKEND_TLS", "over TLS only"],
  ["XX000", "connection is insecure (try using `sslmode=require`)", "RETR_BACKEND_TLS", "over TLS only"],
  ["28000", "This RDS Proxy requires TLS connections", "RETR_BACKEND_TLS", "over TLS only"],
  ["XX000", "Endpoint ID is not specified. Either please upgrade", "RETR_BACKEND_MISSING", "endpoint by options"],
  ["58000", 'No pool configured for database: "hunter2", user: "u"', "RETR_BACKEND_MISSING", "no pool"],
  ["58000", "could not get connection from the pool - AllServersDown", "RETR_BACKEND_UNAVAILABLE", "to Postgres"],
  ["58000", "could not access file", "RETR_BACKEND_UNAVAILABLE", "own files"],
  ["42601", "invalid command-line argument for server process: hunter2", "RETR_BACKEND_MISSING", "correct options"],
  ["25006", "cannot execute UPDATE in a read-only transaction", "RETR_BACKEND_AUTH", "replica"],
  ["42501", "permission denied for table hunter2", "RETR_BACKEND_AUTH", "GRANT SELECT"],
  ["42501", "permission denied for schema hunter2", "RETR_BACKEND_AUTH", "GRANT USAGE"],
  ["42501", 'permission denied for database "hunter2"', "RETR_BACKEND_AUTH", "GRANT CONNECT"],
  ["42501", 'query would be affected by row-level security policy for table "t"', "RETR_BACKEND_AUTH", "BYPASSRLS"],
  ["53300", "sorry, too many clients already", "RETR_BACKEND_UNAVAILABLE", "lower poolSize"],
  ["57P03", "the database system is starting up", "RETR_BACKEND_UNAVAILABLE", "starting up"],
  ["57P01", "terminating connection due to administrator command", "RETR_BACKEND_UNAVAILABLE", "shutting down"],
  ["57P05", "terminating connection due to idle-session timeout", "RETR_BACKEND_UNAVAILABLE", "idle_session_timeout"],
  ["57014", "canceling statement due to statement timeout", "RETR_DEADLINE_EXCEEDED", "statement_timeout"],
  ["57014", "canceling statement due to user request", "RETR_DEADLINE_EXCEEDED", "cancelled"],
  ["40001", "canceling statement due to conflict with recovery", "RETR_BACKEND_UNAVAILABLE", "hot_standby_feedback"],
  ["3D000", 'database "hunter2" does not exist', "RETR_BACKEND_MISSING", "database"],
  ["42P01", 'relation "hunter2" does not exist', "RETR_BACKEND_MISSING", "table"],
  ["42703", 'column "hunter2" does not exist', "RETR_BACKEND_MISSING", "column"],
  ["42883", "operator does not exist: text <=> unknown", "RETR_BACKEND_MISSING", "extension"],
  ["42704", 'type "vector" does not exist', "RETR_BACKEND_MISSING", "CREATE EXTENSION"],
  ["42704", 'unrecognized configuration parameter "hnsw.x"', "RETR_BACKEND_MISSING", "indexSettings"],
  ["55000", 'materialized view "hunter2" has not been populated', "RETR_BACKEND_MISSING", "REFRESH"],
  ["22P02", 'invalid input syntax for type integer: "hunter2"', "RETR_REQUEST_INVALID", "filters: expected"],
  ["22000", "different vector dimensions 3 and 2", "RETR_REQUEST_INVALID", "embedding: expected 3 numbers, got 2"],
  ["99999", "hunter2", "RETR_BACKEND_ANSWER_INVALID", "see its log"],
])("SQLSTATE %s, %s", (code, message, expected, says) => {
  const error = report(code, message);
  expect(error).toMatchObject({ code: expected, message: expect.stringContaining(says) as string });
  expect(error.message).not.toContain("hunter2");
  expect(error.message).not.toMatch(/^Postgres can't be reached/);
});

it.each([
  ["22P02", "correct the view, the condition or the row"],
  ["22021", "a text of a row isn't UTF-8"],
  ["22P05", "make the database anew in UTF8"],
])("SQLSTATE %s of a statement without a request's values is of a row", (code, says) => {
  const { code: ours, message } = readingError(Object.assign(new Error("hunter2"), { code }), signal);
  expect(ours).toBe("RETR_VERIFY_NOT_COMPARABLE");
  expect(message).toContain(says);
});

it("blames no request for a setting that the connection is refused for", () => {
  const error = report("22023", 'invalid value for parameter "work_mem": "hunter2"', "FATAL");
  expect(error).toMatchObject({ code: "RETR_BACKEND_MISSING", message: expect.stringContaining("options") as string });
});

it("takes an internal error that ends a login for one of a pooler, which may be over soon, and another one for an answer", () => {
  const codes = ["FATAL", "ERROR"].map((severity) => report("XX000", "hunter2", severity).code);
  expect(codes).toEqual(["RETR_BACKEND_UNAVAILABLE", "RETR_BACKEND_ANSWER_INVALID"]);
});

it.each([
  ["The server does not support SSL connections", "RETR_BACKEND_TLS", "sslmode=disable"],
  [
    "SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a non-empty string",
    "RETR_BACKEND_AUTH",
    "there is none",
  ],
  ["received invalid response: 48", "RETR_BACKEND_ANSWER_INVALID", "isn't Postgres"],
  ["timeout exceeded when trying to connect", "RETR_BACKEND_UNAVAILABLE", "raise poolSize"],
  ["Connection terminated unexpectedly", "RETR_BACKEND_UNAVAILABLE", "broke the connection off"],
  ["something new", "RETR_BACKEND_UNAVAILABLE", "the connection to Postgres failed"],
])("what the driver says itself, %s", (message, code, says) => {
  expect(postgresError(new Error(message), signal)).toMatchObject({
    code,
    message: expect.stringContaining(says) as string,
  });
});

it("says of no report that Postgres can't be reached, and names its SQLSTATE without its text", () => {
  const text = fc.stringMatching(/^[g-z]{12,20}$/);
  fc.assert(
    fc.property(
      fc.stringMatching(/^[0-9A-Z]{5}$/),
      text,
      fc.constantFrom("ERROR", "FATAL"),
      (code, message, severity) => {
        fc.pre(code !== "EPIPE");
        const error = report(code, message, severity);
        expect(error.message).toContain(code);
        expect(error.message).not.toMatch(/Postgres can't be reached/);
        expect(error.message).not.toContain(message);
      },
    ),
  );
});

it.each([
  ["of rows that are together too long", [17_000]],
  ["of a row that is too long by itself", [17_000_000]],
])("an answer %s is told as too large, not as another server's", (_, lengths) => {
  const watch = new MessageWatch(16_384);
  const head = Buffer.from("D\0\0\0\0", "latin1");
  const answer = lengths.map((length) => {
    head.writeUInt32BE(length, 1);
    return length > 1e6 ? head : Buffer.concat([head, Buffer.alloc(length - 4)]);
  });
  let thrown: unknown;
  try {
    watch.read(Buffer.concat(answer));
  } catch (error) {
    thrown = error;
  }
  const { code, isTooLarge, message } = postgresError(thrown, signal);
  expect([code, isTooLarge]).toEqual(["RETR_BACKEND_ANSWER_INVALID", true]);
  expect(message).toContain("ask for less content or fewer chunks");
});

it("what answers in another protocol is told with what to check", () => {
  const { code, message } = postgresError(new WireFault("a message of an impossible length"), signal);
  expect(code).toBe("RETR_BACKEND_ANSWER_INVALID");
  expect(message).toContain("check that host and port are Postgres' own");
});
