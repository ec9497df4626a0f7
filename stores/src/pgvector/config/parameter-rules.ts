// What is taken of each parameter of a connection string. One that asks for something which isn't done is refused.

type ParameterRule =
  /** Its values that are taken. */
  | { readonly takes: RegExp; readonly expected: string }
  /** Why it isn't taken at all. */
  | { readonly refused: string };

/** Taken where it asks for what is done anyway. */
function only(takes: RegExp, expected: string): ParameterRule {
  return { takes, expected: `expected ${expected}` };
}

const text = only(/^/, "text");
const seconds = only(/^\d{1,6}$/, "a whole number");
const noClientCertificate = { refused: "a certificate of the client isn't sent; let the role log in with a password" };
const noService = { refused: "service files aren't read; give host, port, dbname and user themselves" };
const noOauth = { refused: "there is no authentication by OAuth; let the role log in with a password" };
const noSetting = { refused: "give it by options, as -c name=value" };
const besideIt = (field: string): ParameterRule => ({ refused: `set ${field} beside connectionString instead` });

export const parameterRules: Readonly<Record<string, ParameterRule>> = {
  host: text,
  port: only(/^(?!0+$)\d{1,5}$/, "1 to 65535"),
  user: text,
  password: text,
  dbname: text,
  sslmode: only(
    /^(disable|allow|prefer|require|verify-ca|verify-full)$/,
    "disable, allow, prefer, require, verify-ca or verify-full",
  ),
  // node-postgres takes the word false for true.
  ssl: only(/^(true|1|0)$/, "true, or sslmode=disable for plain text"),
  sslrootcert: only(/^(system$|\/)/, "system, or the absolute path of a PEM file"),
  options: text,
  application_name: text,
  fallback_application_name: text,
  connect_timeout: seconds,
  // The certificate is verified whenever there is TLS, whatever node-postgres' own switch says.
  uselibpqcompat: only(/^(true|false)$/, "true or false"),
  sslnegotiation: only(/^postgres$/, "postgres"),
  sslsni: only(/^1$/, "1"),
  sslcompression: only(/^0$/, "0"),
  ssl_min_protocol_version: only(/^TLSv1(\.[12])?$/, "at most TLSv1.2"),
  channel_binding: only(/^(disable|prefer)$/, "disable or prefer: the server is proved by its certificate alone"),
  gssencmode: only(/^(disable|prefer)$/, "disable or prefer: there is no encryption by GSSAPI"),
  target_session_attrs: only(/^(any|prefer-standby)$/, "any: the session isn't asked what server it is on"),
  load_balance_hosts: only(/^(disable|random)$/, "disable or random"),
  client_encoding: only(/^utf-?8$/i, "utf8"),
  replication: only(/^(false|off|no|0)$/, "false"),
  keepalives: only(/^1$/, "1"),
  keepalives_idle: seconds,
  keepalives_interval: seconds,
  keepalives_count: seconds,
  tcp_user_timeout: seconds,
  hostaddr: { refused: "an address beside the host isn't taken; name it as host" },
  sslcert: noClientCertificate,
  sslkey: noClientCertificate,
  sslpassword: noClientCertificate,
  sslcertmode: noClientCertificate,
  sslcrl: { refused: "lists of revoked certificates aren't read" },
  sslcrldir: { refused: "lists of revoked certificates aren't read" },
  ssl_max_protocol_version: { refused: "the newest version that both sides have is used" },
  service: noService,
  servicefile: noService,
  passfile: { refused: "password files aren't read; give the password, or the whole string by fromFile" },
  require_auth: { refused: "the server chooses how it wants the password; take it out" },
  requirepeer: { refused: "the owner of a socket's server isn't checked" },
  krbsrvname: { refused: "there is no authentication by Kerberos" },
  gsslib: { refused: "there is no authentication by GSSAPI" },
  gssdelegation: { refused: "there is no authentication by GSSAPI" },
  oauth_issuer: noOauth,
  oauth_client_id: noOauth,
  oauth_client_secret: noOauth,
  oauth_scope: noOauth,
  scram_client_key: { refused: "keys of SCRAM aren't taken; give the password" },
  scram_server_key: { refused: "keys of SCRAM aren't taken; give the password" },
  requiressl: { refused: "give sslmode=require instead" },
  sslkeylogfile: { refused: "keys of TLS are written nowhere" },
  min_protocol_version: only(/^3\.0$/, "3.0, the protocol's version that is spoken"),
  max_protocol_version: only(/^(3\.\d|latest)$/, "3.0 or later"),
  // Of other readers of such strings: Rails, SQLAlchemy, postgres.js, pgx, JDBC, Prisma, Vercel.
  pool: besideIt("poolSize"),
  pool_size: besideIt("poolSize"),
  max_overflow: besideIt("poolSize"),
  pool_min_conns: besideIt("poolSize"),
  max: besideIt("poolSize"),
  timeout: besideIt("timeoutMs"),
  command_timeout: besideIt("timeoutMs"),
  socket_timeout: besideIt("timeoutMs"),
  socketTimeout: besideIt("timeoutMs"),
  prepared_statements: besideIt("preparedStatements"),
  statement_cache_capacity: besideIt("preparedStatements"),
  default_query_exec_mode: besideIt("preparedStatements"),
  ApplicationName: { refused: "give application_name instead" },
  encoding: { refused: "texts are always UTF-8; take it out" },
  conn_max_age: { refused: "idle connections are closed after 30 s; take it out" },
  idle_timeout: { refused: "idle connections are closed after 30 s; take it out" },
  targetServerType: { refused: "the session isn't asked what server it is on; take it out" },
  workaround: { refused: "it is of no use here; take it out" },
  lock_timeout: noSetting,
  idle_in_transaction_session_timeout: noSetting,
  search_path: besideIt("schema"),
  currentSchema: besideIt("schema"),
  prepareThreshold: besideIt("preparedStatements"),
  prepared_statement_cache_size: besideIt("preparedStatements"),
  statement_cache_size: besideIt("preparedStatements"),
  sslaccept: { refused: "the certificate is always verified; take it out" },
  sslidentity: noClientCertificate,
  supa: { refused: "it is of no use here; take it out" },
  pgbouncer: besideIt("preparedStatements: false"),
  schema: besideIt("schema"),
  statement_timeout: besideIt("timeoutMs"),
  query_timeout: besideIt("timeoutMs"),
  pool_timeout: besideIt("timeoutMs"),
  pool_max_conns: besideIt("poolSize"),
  connection_limit: besideIt("poolSize"),
};
