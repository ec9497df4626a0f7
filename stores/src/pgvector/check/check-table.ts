// Checks a table before anything is served from it: connects once, reads the catalogue, plans one query.
import type { CheckOptions, Finding } from "#ports/store-check.ts";
import { faultFinding } from "#values/findings.ts";
import { postgresError } from "../client/classify.ts";
import { makePool, readWithClient } from "../client/pool.ts";
import { inSettings, sessionSettings } from "../client/session-settings.ts";
import type { PgvectorSpec } from "../config/schema.ts";
import { pgvectorFields, tableChecks } from "./checks.ts";
import { readTableFacts } from "./table-facts.ts";

/** Never rejects. */
export async function checkTable(
  spec: PgvectorSpec,
  { signal, filterable }: CheckOptions,
): Promise<readonly Finding[]> {
  const pool = makePool(spec, 1, spec.timeoutMs);
  try {
    const facts = await readWithClient(pool, signal, (client) =>
      inSettings(client, sessionSettings(spec, spec.timeoutMs), () =>
        readTableFacts(client, spec, { signal, filterable }),
      ),
    );
    return tableChecks.flatMap((check) => check(facts, spec, filterable));
  } catch (error) {
    return [faultFinding(postgresError(error, signal), pgvectorFields)];
  } finally {
    await pool.end();
  }
}
