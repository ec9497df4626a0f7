// What a page says when the API server is lost, the login has expired or a right is taken away; and when the dashboard ends.
import type { Page } from "playwright-core";
import type { FaultOutcome } from "#clusters/embedded/api/http/faults.ts";
import type { PhaseCluster } from "./migrations.ts";

type Trouble = { readonly name: string; readonly outcome: FaultOutcome; readonly said: string };

const refusal = (code: number, reason: string) => ({
  status: code,
  body: { kind: "Status", apiVersion: "v1", status: "Failure", code, reason, message: reason },
});

export const troubles: readonly Trouble[] = [
  { name: "the API server is lost", outcome: "reset", said: "ROP_API_UNAVAILABLE" },
  { name: "the login has expired", outcome: refusal(401, "Unauthorized"), said: "log in anew" },
  { name: "the right to read is lost", outcome: refusal(403, "Forbidden"), said: "If you lack the right: ask for" },
];

const patience = { timeout: 20_000 } as const;

/** What wasn't said, or didn't pass; the page is any live one. */
export async function troubled(
  page: Page,
  { api }: PhaseCluster,
  violationsOf: (page: Page, where: string) => Promise<string[]>,
): Promise<string[]> {
  const missed: string[] = [];
  for (const { name, outcome, said } of troubles) {
    const heal = api.faults.add({ match: () => true, outcome });
    try {
      await page.locator("#connection.lost", { hasText: said }).waitFor(patience);
      const age = await page.locator("#connection .fault").textContent();
      if (!/What is shown is \d+s old/.test(age ?? "")) missed.push(`${name}: no age in ${age}`);
      if (await page.getByRole("link", { name: "rollback" }).isHidden()) missed.push(`${name}: no Rollback`);
      missed.push(...(await violationsOf(page, name)));
      heal();
      await page.locator("#connection.live").waitFor(patience);
    } catch (fault) {
      missed.push(`${name}: ${fault instanceof Error ? fault.message : String(fault)}`);
    } finally {
      heal();
    }
  }
  return missed;
}

/** Whether the page says that nobody answers it any more. */
export async function toldOfEnd(page: Page): Promise<boolean> {
  await page.locator("#silence", { hasText: "No answer from this dashboard for" }).waitFor({ timeout: 40_000 });
  return page.locator("body[data-silent]").isVisible();
}
