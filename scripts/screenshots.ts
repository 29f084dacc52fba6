// npm run screenshots: takes the pictures of the status page that the documents show, of the scenes that its tests try.
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { listenAdmin } from "../src/serve/admin-listener.ts";
import { blocked, slowStart } from "../test/page/scenes.ts";
import { startChromium } from "../test/support/chromium.ts";
import type { FakeView } from "../test/support/fake-view.ts";

const IMAGES = fileURLToPath(new URL("../docs/images/", import.meta.url));

const PICTURES = [
  { name: "status-slow-start", view: slowStart(), colorScheme: "light" },
  { name: "status-blocked", view: blocked(), colorScheme: "dark" },
] as const;

interface Picture {
  readonly name: string;
  readonly view: FakeView;
  readonly colorScheme: "light" | "dark";
}

const WIDTH = 980;
const MARGIN = 12;
/** The clock can only be stopped at a time that is still to come, however slow the machine is. */
const SET_UP_MS = 600_000;

/** The page down to the lanes of the two ports, at the scene's time: its clock stands still, so that each run takes the same picture. */
async function take(browser: Browser, { name, view, colorScheme }: Picture): Promise<void> {
  const { port, close } = await listenAdmin({ host: "127.0.0.1", port: 0 }, { view, onError: console.error });
  const page = await browser.newPage({ colorScheme, reducedMotion: "reduce", viewport: { width: WIDTH, height: 900 } });
  const { wallMs } = view.clock.now();
  await page.clock.install({ time: wallMs - SET_UP_MS });
  await page.clock.pauseAt(wallMs);
  await page.goto(`http://127.0.0.1:${port}/`);
  await page.locator(".link.live").waitFor();
  const lanes = await page.locator("article.target").nth(1).boundingBox();
  if (lanes === null) throw new Error("the page shows no second lane");
  const clip = { x: 0, y: 0, width: WIDTH, height: Math.ceil(lanes.y + lanes.height) + MARGIN };
  await page.screenshot({ path: `${IMAGES}${name}.png`, fullPage: true, clip });
  await close();
}

mkdirSync(IMAGES, { recursive: true });
const browser = await startChromium();
for (const picture of PICTURES) await take(browser, picture);
await browser.close();
