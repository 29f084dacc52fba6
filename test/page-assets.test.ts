import { describe, expect, it } from "vitest";
import { buildPageAssets } from "../scripts/status-page-assets.ts";
import { PAGE_SCRIPT, PAGE_STYLE } from "../src/serve/page/page-assets.ts";

describe("src/serve/page/page-assets.ts", () => {
  it("is made of the page's sources: run `npm run status-page` after a change", async () => {
    expect(await buildPageAssets()).toEqual({ style: PAGE_STYLE, script: PAGE_SCRIPT });
  });

  it("ends neither of the elements that hold the texts", () => {
    expect(PAGE_STYLE).not.toMatch(/<\/style/i);
    expect(PAGE_SCRIPT).not.toMatch(/<\/script|<!--/i);
  });

  it("asks for nothing from elsewhere", () => {
    expect(`${PAGE_STYLE}${PAGE_SCRIPT}`.replaceAll("http://www.w3.org/2000/svg", "")).not.toMatch(/\bhttps?:/);
    expect(PAGE_STYLE).not.toMatch(/@import|url\(/);
  });
});
