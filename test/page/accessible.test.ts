import axe from "axe-core";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { openPage, openView, serveView, useBrowser } from "./page-of-test.ts";
import { blocked, SCENES, slowStart } from "./scenes.ts";

useBrowser();

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}

/** What axe finds wrong, as rule and first element; with everything folded out. */
async function violations(page: Page): Promise<readonly string[]> {
  await page.evaluate(`for (const one of document.querySelectorAll("details")) one.open = true;`);
  await page.evaluate(axe.source);
  const found = await page.evaluate<readonly Violation[]>("axe.run().then(({ violations }) => violations)");
  return found.map(({ id, impact, nodes }) => `${impact}: ${id}: ${nodes[0]?.html}`);
}

describe.each(["light", "dark"] as const)("in %s", (colorScheme) => {
  it.each(SCENES)("axe finds nothing wrong with the page of %s", async (_scene, make) => {
    const { page } = await openView(make(), { colorScheme });
    expect(await violations(page)).toEqual([]);
  });

  it("axe finds nothing wrong with a narrow page, nor with a stale one", async () => {
    const { port, close } = await serveView(blocked());
    const { page } = await openPage(port, { colorScheme, viewport: { width: 400, height: 800 } });
    await page.locator(".link.live").waitFor();
    expect(await violations(page)).toEqual([]);
    await close();
    await page.locator(".link.stale").waitFor();
    expect(await violations(page)).toEqual([]);
  });
});

it("axe would find something", async () => {
  const { page } = await openView(slowStart());
  await page.evaluate(`document.querySelector("h1").style.color = "#eee"; document.documentElement.lang = ""`);
  expect(await violations(page)).not.toEqual([]);
});

it("can be gone through and worked by the keyboard alone, in the order in which it reads", async () => {
  const { page } = await openView(slowStart());
  const names: string[] = [];
  for (let tabs = 0; tabs < 8; tabs += 1) {
    await page.keyboard.press("Tab");
    names.push(await page.evaluate<string>("document.activeElement.textContent"));
  }
  expect(names).toEqual([
    "Skip to the gate's state",
    "Copy snapshot",
    "Snapshot",
    "Journal",
    "More about http",
    "More about grpc",
    "More about rclone",
    expect.stringMatching(/^12:00:53Z/),
  ]);
  expect(await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")).toBe("solid");
  await page.keyboard.press("Enter");
  expect(await page.locator(".transitions details[open]").count()).toBe(1);
});

it("has landmarks, headings in order, and a caption for each table", async () => {
  const { page } = await openView(blocked());
  expect(await page.locator("header#bar, main, nav").count()).toBe(3);
  const levels = await page
    .locator("h1, h2, h3")
    .evaluateAll((all) => all.map(({ localName }) => Number(localName[1])));
  expect(levels.every((level, index) => level <= (levels[index - 1] ?? 0) + 1)).toBe(true);
  expect(await page.locator("table:not(:has(caption))").count()).toBe(0);
  expect(await page.locator("svg.lane[role=img]").count()).toBe(3);
});

it("stands still for those who want that", async () => {
  const animation = `getComputedStyle(document.querySelector(".link"), "::before").animationName`;
  const still = await openView(slowStart(), { reducedMotion: "reduce" });
  const moving = await openView(slowStart(), { reducedMotion: "no-preference" });
  expect(await still.page.evaluate(animation)).toBe("none");
  expect(await moving.page.evaluate(animation)).not.toBe("none");
});
