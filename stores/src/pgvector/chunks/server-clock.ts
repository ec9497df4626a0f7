// What a server's clock says, and until when what was committed is seen there: a standby sees what it has replayed.
import type { PoolClient } from "pg";
import type { StoreClock } from "#ports/chunk-store.ts";
import { readRows } from "../client/row-query.ts";

/**
 * A standby that has replayed all that it received, of a primary that it hears, sees what was committed until it last
 * heard of it. Otherwise it sees as much as the last commit that it replayed: with a primary that nobody writes to that
 * lies further back than it need, and what lies too far back is only read again. Whether a standby hears its primary is
 * shown to roles with pg_read_all_stats alone.
 */
const clockQuery = `
WITH server AS (SELECT clock_timestamp() AS now, pg_is_in_recovery() AS is_standby),
  heard AS (SELECT max(last_msg_send_time) AS at FROM pg_stat_wal_receiver
    WHERE status = 'streaming' AND pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn())
SELECT extract(epoch FROM now) * 1000,
  extract(epoch FROM CASE WHEN NOT is_standby THEN now
    ELSE least(now, greatest(heard.at, pg_last_xact_replay_timestamp(), (SELECT checkpoint_time FROM pg_control_checkpoint()))) END) * 1000
FROM server, heard`;

export async function readClock(client: PoolClient): Promise<StoreClock> {
  const [row] = await readRows(client, { text: clockQuery, values: [] });
  return { nowMs: Number(row?.[0]), seenMs: Number(row?.[1]) };
}
