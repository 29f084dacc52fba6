import type { Page } from "playwright-core";
import { expect, it, vi } from "vitest";
import { answered, listening, look, moment } from "../support/looks.ts";
import { openPage, openView, serveView, textOf, useBrowser } from "./page-of-test.ts";
import { openGate, slowStart } from "./scenes.ts";

const PATIENCE = { timeout: 15_000, interval: 50 };

useBrowser();

function untilText(page: Page, selector: string, text: string | RegExp): Promise<void> {
  return vi.waitFor(async () => expect(await textOf(page, selector)).toMatch(text), PATIENCE);
}

const ready = () => look(answered("ready"), { listen: listening() });

it("shows a change as it happens, announces the headline, and leaves the reader's place alone", async () => {
  const view = slowStart();
  const { page, complaints } = await openView(view);
  const summary = page.locator("article.target summary").first();
  await summary.focus();
  await page.keyboard.press("Enter");
  view.clock.advance(500);
  view.look("http", ready());
  view.look("grpc", ready());
  await untilText(page, "h1", /^The gate is open$/);
  expect(await textOf(page, ".transitions li")).toMatch(/gate starting.*ready$/);
  expect(await page.title()).toBe("Open · readiness-gate");
  expect(await textOf(page, "[aria-live=polite]")).toContain("The gate is open");
  expect(await page.locator("article.target details").first().getAttribute("open")).toBe("");
  expect(await page.evaluate("document.activeElement.localName")).toBe("summary");
  expect(complaints).toEqual([]);
});

it("goes on counting ages between changes, by the gate's own time", async () => {
  const view = slowStart();
  const { port } = await serveView(view);
  const opened = await openPage(port);
  await untilText(opened.page, ".age", /for 22 s$/);
  await untilText(opened.page, ".age", /for 2[3-9] s$/);
});

it("says when the gate no longer answers, and comes back by itself to one that was started anew", async () => {
  const first = await serveView(slowStart());
  const { page } = await openPage(first.port);
  await page.locator(".link.live").waitFor();
  await first.close();
  await page.locator(".link.stale").waitFor();
  expect(await textOf(page, ".link")).toMatch(/^Stale: the gate does not answer\. This is how it was at 12:01:/);
  expect(await page.title()).toMatch(/^\(stale\) /);
  const view = openGate();
  await serveView(view, first.port);
  await page.locator(".link.live").waitFor();
  await untilText(page, "h1", /^The gate is open$/);
  expect(await page.title()).toBe("Open · readiness-gate");
  // Transitions come by the stream alone: it is back too.
  await vi.waitFor(async () => {
    view.clock.advance(1000);
    for (let looks = 0; looks < 3; looks += 1) view.look("http", look(answered("error"), { listen: listening() }));
    view.look("http", ready());
    const times = await page.locator(".transitions time").allInnerTexts();
    expect(times[0]).toBe(new Date(view.clock.now().wallMs).toISOString().slice(11, 19).concat("Z"));
  }, PATIENCE);
});

it("asks for nothing while nobody sees it, and at once when somebody does again", async () => {
  const { port } = await serveView(slowStart());
  const { page, asked } = await openPage(port);
  await page.clock.install({ time: moment(63_400).wallMs });
  await page.reload();
  await page.locator(".link.live").waitFor();
  const polls = () => asked.filter((one) => one === "fetch /status").length;
  await page.clock.runFor(2000);
  await vi.waitFor(() => expect(polls()).toBe(1), PATIENCE);
  const setHidden = (isHidden: boolean) =>
    page.evaluate(`Object.defineProperty(document, "hidden", { value: ${isHidden}, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));`);
  await setHidden(true);
  await page.clock.runFor(60_000);
  expect(polls()).toBe(1);
  await setHidden(false);
  await vi.waitFor(() => expect(polls()).toBe(2), PATIENCE);
});

it("copies the whole snapshot, and says so", async () => {
  const view = slowStart();
  const { page, origin } = await openView(view);
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"], { origin });
  await page.getByRole("button", { name: "Copy snapshot" }).click();
  await untilText(page, ".notice", /^Copied, \d+ KiB$/);
  const copied: unknown = JSON.parse(await page.evaluate("navigator.clipboard.readText()"));
  expect(copied).toEqual(JSON.parse(JSON.stringify(view.snapshot())));
});

it("gathers latencies from the looks that it sees", async () => {
  const view = slowStart();
  const { page } = await openView(view);
  const row = ".latency tbody tr";
  await vi.waitFor(async () => expect(await page.locator(row).first().locator("svg").count()).toBe(2), PATIENCE);
  view.look("http", look(answered("ready", { ms: 123 }), { listen: listening() }));
  await untilText(page, row, "up to 123 ms");
});

it("lets the reader choose the stretch of time once there is one to choose", async () => {
  const view = openGate();
  expect(await (await openView(view)).page.locator(".choice").count()).toBe(0);
  view.clock.advance(3_600_000);
  const { page } = await openView(view);
  const pressed = () => textOf(page, ".choice [aria-pressed=true]");
  expect(await pressed()).toBe("Start");
  await page.getByRole("button", { name: "All" }).click();
  expect(await pressed()).toBe("All");
  expect(await page.locator("svg.lane desc").first().textContent()).toMatch(/, then ready 1 h 1 min$/);
});
