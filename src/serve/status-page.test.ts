import { describe, expect, it } from "vitest";
import { hostile, MARKUP } from "../../test/page/scenes.ts";
import { type FakeView, fakeView } from "../../test/support/fake-view.ts";
import { answered, httpTarget, look } from "../../test/support/looks.ts";
import { transitionJson } from "../core/transition-json.ts";
import { PAGE_BYTES, statusPage } from "./status-page.ts";

function pageOf(view: FakeView): string {
  return statusPage(view.snapshot(), view.journal().map(transitionJson));
}

/** The page without what is the same in each: its style and its script. */
function ownPart(page: string): string {
  return page.replace(/<style>.*?<\/style>/s, "").replace(/<script>.*?<\/script>/s, "");
}

describe("statusPage", () => {
  it("says without its script whether the gate is open, why, and each target's verdict", () => {
    const view = fakeView({ targets: [httpTarget()] });
    expect(pageOf(view)).toMatch(/<h1 id="headline">.*?The gate is closed<\/h1>/);
    view.look("http", look(answered("ready")));
    const page = pageOf(view);
    expect(page).toMatch(/<h1 id="headline">.*?The gate is open<\/h1>/);
    expect(page).toContain("Every required target answers and is ready.");
    expect(page).toContain("127.0.0.1:9000 answers and is ready");
    expect(page).toContain("<title>Open · readiness-gate</title>");
    for (const path of ["status", "journal"]) expect(page).toContain(`href="${path}"`);
  });

  it("loads itself again where there is no script, and offers nothing that needs one", () => {
    const page = ownPart(pageOf(fakeView()));
    expect(page).toContain(`<noscript><meta http-equiv="refresh" content="5"></noscript>`);
    expect(page).not.toContain("<button");
  });

  it("escapes whatever servers, findings and warnings say", () => {
    const page = ownPart(pageOf(hostile()));
    expect(page).not.toContain(MARKUP);
    expect(page).not.toMatch(/<(?:script|img)/);
    expect(page.match(/&lt;script&gt;/g)?.length).toBeGreaterThan(5);
  });

  it("shows no character that would hide or turn round what stands beside it", () => {
    const page = ownPart(pageOf(hostile()));
    for (const unseen of ["\u202e", "\u0007"]) expect(page).not.toContain(unseen);
  });

  it("stays below its size with many targets, long evidence and much else, and names who speaks for the gate", () => {
    const names = Array.from({ length: 30 }, (_, index) => `target-${index}`);
    const view = fakeView({ targets: names.map((name) => httpTarget({ name, url: `http://127.0.0.1:9000/${name}` })) });
    for (const name of names.slice(0, -1)) view.look(name, look(answered("ready")));
    const snapshot = view.snapshot();
    const evidence = Array.from({ length: 40 }, () => "e<".repeat(200));
    const long: typeof snapshot = {
      ...snapshot,
      verdict: { ...snapshot.verdict, evidence },
      targets: snapshot.targets.map((target) => ({ ...target, verdict: { ...target.verdict, evidence } })),
      warnings: evidence,
      listeners: Array.from({ length: 500 }, (_, port) => ({ address: "0.0.0.0", port, uid: 1000, own: false })),
    };
    const page = statusPage(long, view.journal().map(transitionJson));
    expect(Buffer.byteLength(page)).toBeLessThan(PAGE_BYTES);
    expect(snapshot.verdict.target).toBe("target-29");
    expect(ownPart(page)).toContain("target-29");
  });

  it("closes every element that it opens", () => {
    const open: string[] = [];
    for (const [, slash, tag = "", end] of ownPart(pageOf(hostile())).matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*?(\/?)>/g)) {
      if (["meta", "link"].includes(tag) || end === "/") continue;
      if (slash === "") open.push(tag);
      else expect(open.pop()).toBe(tag);
    }
    expect(open).toEqual([]);
  });
});
