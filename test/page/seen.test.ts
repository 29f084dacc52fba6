import { describe, expect, it } from "vitest";
import { transitionJson } from "../../src/core/transition-json.ts";
import { statusPage } from "../../src/serve/status-page.ts";
import { ask } from "../support/http-ask.ts";
import { openPage, openView, serveView, textOf, useBrowser } from "./page-of-test.ts";
import { blocked, crashLoop, hostile, MARKUP, SCENES, slowStart } from "./scenes.ts";

const LARGEST_BYTES = 60 * 1024;

useBrowser();

/** A text without what goes on by itself. */
function withoutAges(text: string): string {
  return text.replaceAll(/(?:\d+ (?:h|min|s|ms)\b ?)+/g, "…");
}

describe("what a person sees", () => {
  it("of a slow start: that it is one, how far it has come, and that waiting helps", async () => {
    const { page } = await openView(slowStart());
    expect(await page.title()).toBe("Closed: grpc STARTING_UP · readiness-gate");
    expect(await textOf(page, "h1")).toBe("The gate is closed");
    expect(await textOf(page, ".why")).toBe(
      "… Slow start grpc 127.0.0.1:9500 accepts connections, but does not answer yet",
    );
    expect(await textOf(page, ".remedy p")).toMatch(/^Wait: /);
    const http = page.locator("article.target").first();
    expect(await http.locator("svg.lane desc").textContent()).toBe(
      "nothing listens 42 s, then connects 11 s, then answers 10 s",
    );
    expect(await http.locator(".marks li").allInnerTexts()).toEqual([
      "B bound +42 s",
      "C connected +42 s",
      "A answered +53 s",
    ]);
    expect(await textOf(page, ".start")).toMatch(/^42 s until the port was bound, 11 s until it answered/);
  });

  it("of a block: that a rule is to blame, by what evidence, and where to look for it", async () => {
    const { page } = await openView(blocked());
    expect(await textOf(page, ".why")).toMatch(/^✕ Network block grpc a rule, not the kernel, refuses connections/);
    expect(await textOf(page, ".meaning")).toContain("waiting will not help");
    expect(await textOf(page, ".remedy")).toContain("nsenter -t PID -n nft list ruleset");
    expect(await textOf(page, ".proof")).toContain(
      "control: 3 of 3 attempts refused in 0.4 ms, the kernel sent 3 resets",
    );
    const rows = await page.locator(".matrix tbody tr").allInnerTexts();
    expect(rows.map((row) => row.replaceAll(/\s+/g, " "))).toContain(
      "grpc 127.0.0.1 ✓ socket listens ✕ refused by a rule ? not asked ? not known",
    );
    expect(await textOf(page, ".findings")).toContain("MESH_REDIRECT");
  });

  it("of a crash loop: each restart, on the lane and in words", async () => {
    const { page } = await openView(crashLoop());
    expect(await textOf(page, ".why")).toContain("restarts again and again");
    expect(await textOf(page, "article.target .marks")).toMatch(/↻ restarted 4 times, last \+1 min 28 s$/);
    expect(await page.locator("article.target").first().locator("line.mark").count()).toBe(5);
    expect(await page.locator(".transitions ol > li").count()).toBe(16);
  });

  it("of a hostile server: its words, and nothing that they would do", async () => {
    const { page, complaints, outside } = await openView(hostile());
    expect(await textOf(page, ".why")).toContain(MARKUP);
    expect(await textOf(page, ".warning")).toContain(MARKUP);
    expect(await page.locator("img").count()).toBe(0);
    expect(await page.locator("script").count()).toBe(1);
    expect(await page.title()).not.toContain("owned");
    expect([complaints, outside]).toEqual([[], []]);
  });

  it("without JavaScript: the same, and nothing to press that would do nothing", async () => {
    const view = blocked();
    const { port } = await serveView(view);
    const [still, live] = [await openPage(port, { javaScriptEnabled: false }), await openView(view)];
    expect(await textOf(still.page, "h1")).toBe("The gate is closed");
    expect(withoutAges(await textOf(still.page, "main"))).toBe(withoutAges(await textOf(live.page, "main")));
    expect(await still.page.locator("button").count()).toBe(0);
    expect(still.asked.filter((one) => !one.startsWith("document"))).toEqual([]);
  });
});

describe.each(SCENES)("the page of %s", (_scene, make) => {
  it("asks the gate alone, and complains of nothing", async () => {
    const { asked, outside, complaints } = await openView(make());
    expect(asked.slice(0, 2)).toEqual(["document /", "eventsource /events"]);
    expect(new Set(asked.slice(2))).toEqual(new Set(["fetch /journal"]));
    expect([outside, complaints]).toEqual([[], []]);
  });

  it.each([320, 400, 900])("needs no scrolling to the side on %d pixels", async (width) => {
    const { page } = await openView(make(), { viewport: { width, height: 800 } });
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
  });

  it("is small", () => {
    const view = make();
    const page = statusPage(view.snapshot(), view.journal().map(transitionJson));
    expect(Buffer.byteLength(page)).toBeLessThan(LARGEST_BYTES);
  });
});

describe("the content security policy", () => {
  it("starts from nothing and knows style and script by their hashes", async () => {
    const { port } = await serveView(slowStart());
    const { headers } = await ask(port, "/");
    const policy = String(headers["content-security-policy"]).split("; ");
    expect(policy[0]).toBe("default-src 'none'");
    expect(policy).toContain("connect-src 'self'");
    expect(policy.filter((one) => /^(?:style|script)-src/.test(one))).toEqual([
      expect.stringMatching(/^style-src 'sha256-[\w+/]+=*'$/),
      expect.stringMatching(/^script-src 'sha256-[\w+/]+=*'$/),
    ]);
  });

  it("lets nothing become markup, whoever asks for it", async () => {
    const { page } = await openView(slowStart());
    await expect(page.evaluate(`document.body.innerHTML = "<b>x</b>"`)).rejects.toThrow(/TrustedHTML/);
  });
});
