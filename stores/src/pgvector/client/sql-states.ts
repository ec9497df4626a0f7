// What each report of Postgres, or of a pooler before it, means and what to do about it. First match counts.
import { type Meaning, noOptions, ofPoolers } from "./pooler-states.ts";

const auth = "RETR_BACKEND_AUTH";
const tls = "RETR_BACKEND_TLS";
const missing = "RETR_BACKEND_MISSING";
const unavailable = "RETR_BACKEND_UNAVAILABLE";
const invalid = "RETR_BACKEND_ANSWER_INVALID";

const noEntry = "pg_hba.conf has no entry for this pod's address, user and database: add one";
const startingUp = "Postgres is starting up, recovering or shutting down: it takes connections once it is done";

const ofConnecting: readonly Meaning[] = [
  // Amazon's RDS Proxy.
  { state: /^0A000$/, says: /command-line options/i, code: missing, message: noOptions },
  {
    state: /^42601$/,
    says: /command-line argument/i,
    code: missing,
    message: "the server takes no such options at a session's start: correct options of the connection string",
  },
  { state: /^28P01$/, code: auth, message: "Postgres refused user or password: correct the credential" },
  {
    state: /^28000$/,
    says: /no encryption|SSL off/,
    code: tls,
    message: `Postgres takes no plain-text connection of this kind: set tls, or sslmode=require; where it has no TLS, ${noEntry}`,
  },
  {
    state: /^28000$/,
    says: /pg_hba\.conf/,
    code: auth,
    message: `Postgres takes no connection of this kind: ${noEntry}`,
  },
  {
    state: /^28000$/,
    says: /client certificate/,
    code: auth,
    message: "Postgres wants a certificate of the client, which isn't sent: let the role log in with a password",
  },
  {
    state: /^28000$/,
    says: /not permitted to log in/,
    code: auth,
    message: "the role may not log in: ALTER ROLE … LOGIN",
  },
  {
    state: /^28000$/,
    says: /role .* does not exist/,
    code: auth,
    message: "Postgres has no such role: correct the user",
  },
  {
    state: /^28/,
    code: auth,
    message: "Postgres refused the user: see its log for whether role, pg_hba.conf or TLS is wrong",
  },
  { state: /^3D000$/, code: missing, isAbsent: true, message: "Postgres has no such database: correct its name" },
  {
    state: /^53300$/,
    code: unavailable,
    message: "Postgres has no connection left for this role, database or server: raise the limit, or lower poolSize",
  },
  {
    state: /^57P03$/,
    says: /hot standby|not accepting/i,
    code: unavailable,
    message: "Postgres takes no connections: it is a standby without hot_standby, or starts up",
  },
  { state: /^57P0[13]$/, code: unavailable, message: startingUp },
  {
    state: /^57P02$/,
    code: unavailable,
    message: "another process of Postgres crashed, so that it recovers: see its log",
  },
  { state: /^57P04$/, code: missing, isAbsent: true, message: "the database was dropped" },
  {
    state: /^(57P05|25P0[34])$/,
    code: unavailable,
    message:
      "Postgres ended the session at a timeout of its own: raise idle_session_timeout and the like, or lower the pool",
  },
];

const ofReading: readonly Meaning[] = [
  {
    state: /^42501$/,
    says: /row-level security/,
    code: auth,
    message: "row-level security hides rows from the role: read as a role with BYPASSRLS, or as the table's owner",
  },
  {
    state: /^42501$/,
    says: /database/,
    code: auth,
    message: "the role may not use the database: GRANT CONNECT ON DATABASE",
  },
  {
    state: /^42501$/,
    says: /schema/,
    code: auth,
    message: "the role may not use the schema of the table, or of the extension vector: GRANT USAGE ON SCHEMA",
  },
  { state: /^42501$/, code: auth, message: "the role has no right to read the table: GRANT SELECT ON it" },
  {
    state: /^25006$/,
    code: auth,
    message: "the server takes no writes: it is a replica, or default_transaction_read_only is set",
  },
  { state: /^42P01$/, code: missing, isAbsent: true, message: "Postgres has no such table: correct schema and table" },
  { state: /^3F000$/, code: missing, isAbsent: true, message: "Postgres has no such schema: correct schema" },
  { state: /^42703$/, code: missing, message: "the table lacks a configured or required column" },
  {
    state: /^42883$/,
    code: missing,
    message: "the extension vector has no such distance for the column, or a filter compares what can't be compared",
  },
  { state: /^42809$/, code: missing, message: "what the configuration names as table is something else" },
  {
    state: /^42704$/,
    says: /configuration parameter/,
    code: missing,
    message:
      "the server knows no setting of this name: correct indexSettings or the connection string's options; where a policy of row-level security reads it, read as the table's owner or as a role with BYPASSRLS",
  },
  {
    state: /^42602$/,
    says: /configuration parameter/,
    code: missing,
    message: "the server, or its pgvector, knows no setting of this name: correct indexSettings",
  },
  { state: /^42704$/, code: missing, message: "the server has no such type: CREATE EXTENSION vector" },
  {
    state: /^(428(04|46)|42804)$/,
    code: missing,
    message: "a column's type can't be read as what the column stands for",
  },
  { state: /^58P01$/, code: missing, message: "the server lacks a file of the extension: install pgvector on it" },
  {
    state: /^0A000$/,
    code: invalid,
    message: "the server can't do what was asked: it, or pgvector, is older than what the configuration needs",
  },
  {
    state: /^42601$/,
    code: invalid,
    message: "the server doesn't understand the query: it is older than what is supported",
  },
  {
    state: /^55000$/,
    says: /not been populated/,
    code: missing,
    message: "the materialised view is empty: REFRESH MATERIALIZED VIEW",
  },
  {
    state: /^57014$/,
    says: /statement timeout/,
    code: "RETR_DEADLINE_EXCEEDED",
    message: "Postgres gave up at statement_timeout: see whether an index serves the query",
  },
  { state: /^57014$/, code: "RETR_DEADLINE_EXCEEDED", message: "somebody cancelled the query at the server" },
  {
    state: /^40001$/,
    says: /recovery/,
    code: unavailable,
    message:
      "the replica cancelled the query to replay changes: raise max_standby_streaming_delay, or set hot_standby_feedback",
  },
  { state: /^(40|55P03)/, code: unavailable, message: "another transaction is in the way: see what locks the table" },
  { state: /^53100$/, code: unavailable, message: "the server's disk is full" },
  {
    state: /^53200$/,
    code: unavailable,
    message: "the server has no memory left: lower its work_mem, or the indexes' own limits",
  },
  { state: /^53/, code: unavailable, message: "the server is at a limit of its own: see its log" },
  { state: /^54/, code: invalid, message: "the query is beyond a limit of the server: see its log" },
  { state: /^(58|XX00[12])/, code: unavailable, message: "the server can't read its own files: see its log" },
];

export const meanings: readonly Meaning[] = [...ofPoolers, ...ofConnecting, ...ofReading];

/** A setting that the connection asked for, refused before any query: never the request's fault. */
export const refusedSetting = "the server refuses a value of indexSettings or of the connection string's options";

export const refusedLogin = "the server, or a pooler or proxy before it, gave the connection up: see its log";
