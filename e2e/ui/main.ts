// `make test-ui`: the dashboard in a real Chromium, on the embedded API with a migration in every phase. Each view is held
// to axe and to rules of layout, light and dark; Rollback is reached by the keyboard alone. The last line is JSON. Options: --shots=FOLDER, --only=PARTS.
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { AxeBuilder } from "@axe-core/playwright";
import { phases } from "@retriever/crds/status/migration-status.ts";
import { rehearsedPhases } from "@retriever/kubectl/test/rehearse/moments.ts";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { listen } from "#support/http-server.ts";
import { endOnSignals } from "#support/process/start-process.ts";
import { median } from "../bench/report/statistics.ts";
import { type Dashboard, startDashboard } from "./dashboard-process.ts";
import { layoutFaults } from "./layout.ts";
import { createMany, type ManyFigures, measureUpdates } from "./many.ts";
import { nameOf, namespace, type PhaseCluster, startPhases } from "./migrations.ts";
import { toldOfEnd, troubled } from "./trouble.ts";

const { values } = parseArgs({
  options: {
    /** Debian's, by its package chromium. */
    chromium: { type: "string", default: "/usr/bin/chromium" },
    /** The plugin as people get it, by `make cli-bundle`. */
    program: { type: "string", default: join(import.meta.dirname, "../../dist/kubectl-retriever") },
    shots: { type: "string" },
    /** Of views, trouble, many; the rest is always there. */
    only: { type: "string", default: "views,trouble,many" },
  },
});

const limits = {
  violations: 0,
  transferredBytes: 200_000,
  afterBlankMs: 300,
  eventToPixelMs: 1000,
  updateMs: 50,
  pageMs: 50,
  residentMiB: 150,
} as const;
const isAsked = (part: "views" | "trouble" | "many") => values.only.split(",").includes(part);
/** The last one is what a window of 1280 pixels has left at 400 %. */
const views = [
  { name: "phone", width: 390, height: 844, scheme: "light" },
  { name: "dark", width: 1280, height: 900, scheme: "dark" },
  { name: "light", width: 1280, height: 900, scheme: "light" },
  { name: "zoom", width: 320, height: 256, scheme: "light" },
] as const;

/** One browser opens the link; what it got opens further contexts. */
async function openLink(
  browser: Browser,
  link: string,
): Promise<{ readonly state: Awaited<ReturnType<BrowserContext["storageState"]>>; readonly base: string }> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(link);
  await page.getByRole("heading", { name: "Migrations" }).waitFor();
  const state = await context.storageState();
  const base = page.url();
  await context.close();
  return { state, base };
}

type Opened = Awaited<ReturnType<typeof openLink>>;

/** Rules broken on every view, with where. */
async function judgeViews(browser: Browser, { state, base }: Opened): Promise<string[]> {
  const broken: string[] = [];
  const paths = [
    "",
    `m/${namespace}/${nameOf("Guard")}/act/rollback`,
    `m/${namespace}/${nameOf("Guard")}/act/complete-guard`,
    ...phases.map((phase) => `m/${namespace}/${nameOf(phase)}`),
  ];
  for (const { name, width, height, scheme } of views) {
    const context = await browser.newContext({
      storageState: state,
      viewport: { width, height },
      colorScheme: scheme,
      reducedMotion: "reduce",
    });
    const page = await context.newPage();
    for (const path of paths) {
      await page.goto(base + path);
      await page.getByRole("heading", { level: 1 }).waitFor();
      const isMigration = /^m\/[^/]+\/[^/]+$/.test(path);
      const hasCurves = isMigration && rehearsedPhases.some((phase) => path.endsWith(`/${nameOf(phase)}`));
      if (hasCurves) await page.locator("#charts").getByText("live errors").first().waitFor({ state: "attached" });
      broken.push(...(await violationsOf(page, `${name} /${path}`)));
      const faults = await layoutFaults(page, { width, height }, { isMigration, hasCurves });
      broken.push(...faults.map((fault) => `${name} /${path}: ${fault}`));
      await shoot(page, `${name}-${path.split("/").slice(2).join("-") || "list"}`);
    }
    await context.close();
  }
  return broken;
}

/** Rules of axe that a page breaks, with where. */
async function violationsOf(page: Page, where: string): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.map(
    ({ id, nodes }) => `${where}: ${id} at ${nodes.map(({ target }) => target.join(" ")).join(", ")}`,
  );
}

async function shoot(page: Page, name: string): Promise<void> {
  if (values.shots === undefined) return;
  await mkdir(values.shots, { recursive: true });
  await page.screenshot({ path: join(values.shots, `${name}.png`), fullPage: true });
}

/** From the list to an act of the API, by Tab and Enter. */
async function rollBackByKeyboard(browser: Browser, { state, base }: Opened, { api }: PhaseCluster): Promise<boolean> {
  const context = await browser.newContext({ storageState: state });
  const page = await context.newPage();
  await page.goto(base);
  for (const target of [nameOf("Guard"), "rollback", `rollback ${nameOf("Guard")} now, for good`]) {
    await press(page, target);
  }
  await page.getByText(/migrationact\/.* created: Rollback/).waitFor();
  await context.close();
  const list = api.direct({
    verb: "list",
    group: "retriever.dev",
    version: "v1alpha1",
    plural: "migrationacts",
    namespace,
  }) as { readonly items: readonly { readonly spec: { readonly act: string } }[] };
  return list.items.some(({ spec }) => spec.act === "Rollback");
}

const mostTabs = 60;

async function press(page: Page, target: string): Promise<void> {
  for (let tabs = 0; tabs < mostTabs; tabs += 1) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate("document.activeElement.textContent.trim()");
    if (focused !== target) continue;
    await Promise.all([page.waitForEvent("framenavigated"), page.keyboard.press("Enter")]);
    return;
  }
  throw new Error(`${target} isn't reached by ${mostTabs} times Tab`);
}

const changes = 100;

/** From a write to the API until a frame shows it, 99 % of a hundred, in ms. */
async function eventToPixel(browser: Browser, { state, base }: Opened, { patch }: PhaseCluster): Promise<number> {
  const context = await browser.newContext({ storageState: state });
  const page = await context.newPage();
  await page.goto(`${base}m/${namespace}/${nameOf("Ramp")}`);
  const taken: number[] = [];
  for (let change = 0; change < changes; change += 1) {
    const words = `change number ${change} of the status`;
    const seen = page.locator("#facts", { hasText: words }).waitFor();
    const from = performance.now();
    patch(nameOf("Ramp"), { message: words });
    await seen;
    taken.push(performance.now() - from);
  }
  await context.close();
  return Math.round(taken.toSorted((a, b) => a - b)[Math.ceil(taken.length * 0.99) - 1] ?? Number.POSITIVE_INFINITY);
}

/** Bytes of a first load, and of the stream until the charts are drawn. */
async function transferred(browser: Browser, { state, base }: Opened): Promise<number> {
  const context = await browser.newContext({ storageState: state });
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send("Network.enable");
  let bytes = 0;
  session.on("Network.responseReceived", ({ response }) => {
    bytes += response.encodedDataLength;
  });
  session.on("Network.dataReceived", ({ encodedDataLength, dataLength }) => {
    bytes += encodedDataLength > 0 ? encodedDataLength : dataLength;
  });
  await page.goto(`${base}m/${namespace}/${nameOf("Guard")}`);
  await page
    .getByText("heard 0s ago")
    .or(page.getByText(/heard [1-9]s ago/))
    .first()
    .waitFor();
  await page.locator("#charts").getByText("live errors").first().waitFor({ state: "attached" });
  await context.close();
  return bytes;
}

const loads = 10;

/** How much later than on a page of one word something is painted first, medians, in ms. */
async function paintsAfterBlank(browser: Browser, { state, base }: Opened): Promise<number> {
  const blank = createServer(
    (_, response) => void response.setHeader("content-type", "text/html").end("<!doctype html><p>word"),
  );
  const { port, close } = await listen(blank, "127.0.0.1");
  const context = await browser.newContext({ storageState: state });
  const page = await context.newPage();
  const painted = async (url: string) => {
    await page.goto(url);
    const seen = await page.evaluate(
      "new Promise((resolve) => new PerformanceObserver((list) => { const [paint] = list.getEntriesByName('first-contentful-paint'); if (paint) resolve(paint.startTime); }).observe({ type: 'paint', buffered: true }))",
    );
    return Number(seen);
  };
  const [blanks, pages]: [number[], number[]] = [[], []];
  for (let load = 0; load < loads; load += 1) {
    blanks.push(await painted(`http://127.0.0.1:${port}/`));
    pages.push(await painted(`${base}m/${namespace}/${nameOf("Guard")}`));
  }
  await context.close();
  await close();
  return Math.round(median(pages) - median(blanks));
}

/** A page of a context of its own. */
async function openPage(browser: Browser, { state, base }: Opened, path: string): Promise<Page> {
  const page = await (await browser.newContext({ storageState: state })).newPage();
  await page.goto(base + path);
  return page;
}

/** 200 migrations beside the others, with both pages open. */
async function many(browser: Browser, opened: Opened, cluster: PhaseCluster, pid: number): Promise<ManyFigures> {
  createMany(cluster);
  const pages = await Promise.all(
    ["", `m/${namespace}/${nameOf("Ramp")}`].map((path) => openPage(browser, opened, path)),
  );
  const [list] = pages;
  if (list === undefined) throw new Error("no page");
  const figures = await measureUpdates(list, pid, cluster);
  for (const page of pages) await page.context().close();
  return figures;
}

async function measure(browser: Browser, cluster: PhaseCluster, dashboard: Dashboard): Promise<boolean> {
  const opened = await openLink(browser, dashboard.announced);
  const broken = isAsked("views") ? await judgeViews(browser, opened) : [];
  const page = await openPage(browser, opened, `m/${namespace}/${nameOf("Guard")}`);
  if (isAsked("trouble")) broken.push(...(await troubled(page, cluster, violationsOf)));
  for (const each of broken) process.stdout.write(`${each}\n`);
  const figures = {
    violations: broken.length,
    transferredBytes: await transferred(browser, opened),
    afterBlankMs: await paintsAfterBlank(browser, opened),
    eventToPixelMs: await eventToPixel(browser, opened, cluster),
    ...(isAsked("many")
      ? await many(browser, opened, cluster, dashboard.pid)
      : { updateMs: 0, pageMs: 0, residentMiB: 0 }),
  };
  const keyboard = await rollBackByKeyboard(browser, opened, cluster);
  await dashboard.stop();
  const told = await toldOfEnd(page);
  const names = Object.keys(limits) as (keyof typeof limits)[];
  const met = keyboard && told && names.every((name) => figures[name] <= limits[name]);
  process.stdout.write(`${JSON.stringify({ ui: { ...figures, keyboard, toldOfEnd: told, limits, met } })}\n`);
  return met;
}

async function main(): Promise<boolean> {
  endOnSignals();
  const folder = await mkdtemp(join(tmpdir(), "test-ui-"));
  const cluster = await startPhases(folder);
  const dashboard = await startDashboard(cluster.api.kubeconfigPath("admin"), [values.program]);
  const browser = await chromium.launch({ executablePath: values.chromium, args: ["--no-sandbox"] });
  try {
    return await measure(browser, cluster, dashboard);
  } finally {
    await browser.close();
    await dashboard.stop();
    await cluster.api.close();
    await rm(folder, { recursive: true });
  }
}

process.exitCode = (await main()) ? 0 : 1;
