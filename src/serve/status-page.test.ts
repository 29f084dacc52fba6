import { describe, expect, it } from "vitest";
import { fakeView } from "../../test/support/fake-view.ts";
import { answered, httpTarget, look } from "../../test/support/looks.ts";
import { statusPage } from "./status-page.ts";

const HOSTILE = `"><script>alert('&')</script>`;

describe("statusPage", () => {
  it("says whether the gate is open, and each target's verdict", () => {
    const view = fakeView({ targets: [httpTarget()] });
    expect(statusPage(view.snapshot())).toContain("<h1>The gate is closed</h1>");
    view.look("http", look(answered("ready")));
    const page = statusPage(view.snapshot());
    expect(page).toContain("<h1>The gate is open</h1>");
    expect(page).toContain("<code>READY</code> 127.0.0.1:9000 answers and is ready");
    for (const path of ["/status", "/events", "/journal"]) expect(page).toContain(`href="${path}"`);
  });

  it("escapes every text, those of hostile servers included", () => {
    const view = fakeView({ targets: [httpTarget({ name: HOSTILE, url: HOSTILE, host: HOSTILE })] });
    view.look(HOSTILE, look(answered("error", { code: HOSTILE, message: HOSTILE, asked: HOSTILE })));
    const page = statusPage(view.snapshot());
    expect(page).toContain("&quot;&gt;&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;");
    expect(page).not.toContain("<script");
    expect(page).not.toContain("&lt;script&gt;alert('");
  });
});
