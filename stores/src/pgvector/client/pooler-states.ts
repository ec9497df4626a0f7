// What reports of poolers and proxies before a Postgres mean and what to do about it. First match counts.
import type { ErrorCode } from "#errors.ts";

export type Meaning = {
  readonly state: RegExp;
  /** Of the report's text, where one SQLSTATE has several causes; English, as servers log it unless told otherwise. */
  readonly says?: RegExp;
  readonly code: ErrorCode;
  readonly message: string;
  /** The table isn't there, or what it is in. */
  readonly isAbsent?: boolean;
};

const auth = "RETR_BACKEND_AUTH";
const tls = "RETR_BACKEND_TLS";
const missing = "RETR_BACKEND_MISSING";
const unavailable = "RETR_BACKEND_UNAVAILABLE";
const invalid = "RETR_BACKEND_ANSWER_INVALID";

const pooler = "the pooler keeps no prepared statements or settings of a session: set preparedStatements: false";
export const noOptions =
  "the pooler or proxy takes no options at a session's start: take options out of the connection string";
const noneFree = "no connection of the pooler to Postgres came free: raise its pool size, or lower poolSize";
const unreached = "the pooler can't reach Postgres: see its log";

/** Of poolers. pgbouncer reports nearly everything as 08P01, Supabase's and Neon's as XX000, pgcat as 58000. */
export const ofPoolers: readonly Meaning[] = [
  {
    state: /^08P01$/,
    says: /password authentication|no such user|auth/i,
    code: auth,
    message: "the pooler refused user or password",
  },
  {
    state: /^08P01$/,
    says: /(database .* does not exist|no such database)/i,
    code: missing,
    isAbsent: true,
    message: "the pooler has no such database: correct its name, or add it to the pooler",
  },
  {
    state: /^08P01$/,
    says: /SSL required/i,
    code: tls,
    message: "the pooler takes connections over TLS only: set tls, or sslmode=require",
  },
  {
    state: /^08P01$/,
    says: /no more connections|max_client_conn|max_db_connections|max_user_connections/i,
    code: unavailable,
    message: "the pooler has no connection left: raise its max_client_conn, or lower poolSize",
  },
  {
    state: /^08P01$/,
    says: /query_wait_timeout/i,
    code: unavailable,
    message: noneFree,
  },
  {
    state: /^08P01$/,
    says: /server login|login failed|connect failed|cannot connect/i,
    code: unavailable,
    message: unreached,
  },
  {
    state: /^08P01$/,
    says: /idle_timeout|lifetime|shut ?down|server conn crashed|server closed|disconnect/i,
    code: unavailable,
    message: "the pooler broke the connection off",
  },
  { state: /^08P01$/, says: /startup parameter: options/i, code: missing, message: noOptions },
  { state: /^08P01$/, code: invalid, message: pooler },
  {
    state: /^XX000$/,
    says: /\buser\b.{0,300} not found|no tenant identifier/i,
    code: auth,
    message: "the pooler knows no such project or user: its user is user.project",
  },
  {
    state: /^XX000$/,
    says: /max ?client/i,
    code: unavailable,
    message: "the pooler has no connection left: raise its pool size, or lower poolSize",
  },
  { state: /^XX000$/, says: /check ?out/i, code: unavailable, message: noneFree },
  {
    state: /^XX000$/,
    says: /too many authentication (failures|errors)/i,
    code: auth,
    message: "the pooler refuses every login for a while, after several with a wrong credential: correct it, and wait",
  },
  {
    state: /^XX000$/,
    says: /allow_list/i,
    code: auth,
    message: "the pooler takes no connections from this address: add it to those that are allowed",
  },
  {
    state: /^XX000$/,
    says: /temporarily blocked|failed to connect to database|connection to database closed|DbHandler|compute node|control plane|acquire permit/i,
    code: unavailable,
    message: unreached,
  },
  {
    state: /^(08P01|28000|XX000)$/,
    says: /connection is insecure|(SSL|TLS) connection is required|requires TLS/i,
    code: tls,
    message: "the proxy takes connections over TLS only: set tls, or sslmode=require",
  },
  {
    state: /^(08P01|28000|XX000)$/,
    says: /endpoint ID is not specified|inconsistent project name/i,
    code: missing,
    message:
      "the proxy finds its endpoint by the host's own name: name the host it gave you, or the endpoint by options",
  },
  {
    state: /^58000$/,
    says: /no pool configured/i,
    code: missing,
    message: "the pooler has no pool for this database and user: correct their names, or add it to the pooler",
  },
  {
    state: /^58000$/,
    says: /from the pool|pooler/i,
    code: unavailable,
    message: "the pooler has no connection to Postgres: see its log",
  },
  { state: /^(26000|42P05)$/, code: invalid, message: pooler },
];
