import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { listenAdmin } from "../../src/serve/admin-listener.ts";
import type { Listening } from "../../src/serve/listening.ts";
import type { GateView } from "../../src/serve/view.ts";
import { chromiumAvailable, startChromium } from "../support/chromium.ts";

/** The status page in a browser, with all that it asked for and complained of. */
export interface OpenedPage {
  readonly page: Page;
  readonly origin: string;
  /** What it asked for, in order: kind and path. */
  readonly asked: readonly string[];
  /** Requests that left the gate's own origin. */
  readonly outside: readonly string[];
  /** Errors and warnings of its console, and exceptions of its script. */
  readonly complaints: readonly string[];
}

let browser: Browser | null = null;
const cleanups: (() => Promise<unknown>)[] = [];

/** Starts one browser for the file; where there is none its tests skip with the reason. */
export function useBrowser(): void {
  beforeAll(async () => {
    if (chromiumAvailable().ok) browser = await startChromium();
  });
  beforeEach(({ skip }) => {
    const support = chromiumAvailable();
    if (!support.ok) skip(support.reason);
  });
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });
  afterAll(async () => await browser?.close());
}

/** Serves a view for the length of the test. */
export async function serveView(view: GateView, port = 0): Promise<Listening> {
  const onError = (error: Error) => console.error(error);
  const listening = await listenAdmin({ host: "127.0.0.1", port }, { view, onError });
  let isClosed = false;
  const close = async () => {
    if (isClosed) return;
    isClosed = true;
    await listening.close();
  };
  cleanups.push(close);
  return { ...listening, close };
}

/** Opens a page at the address, without waiting for its script. */
export async function openPage(port: number, options: BrowserContextOptions = {}): Promise<OpenedPage> {
  if (browser === null) throw new Error("there is no browser");
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  cleanups.push(() => context.close());
  const page = await context.newPage();
  const origin = `http://127.0.0.1:${port}`;
  const [asked, outside, complaints]: [string[], string[], string[]] = [[], [], []];
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol === "data:") return;
    asked.push(`${request.resourceType()} ${url.pathname}`);
    if (url.origin !== origin) outside.push(request.url());
  });
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(`${origin}/`);
  return { page, origin, asked, outside, complaints };
}

/** Serves a view and opens its page; resolves once the script has taken over. */
export async function openView(view: GateView, options: BrowserContextOptions = {}): Promise<OpenedPage> {
  const { port } = await serveView(view);
  const opened = await openPage(port, options);
  await opened.page.locator(".link.live").waitFor();
  return opened;
}

/** The text of the first element that a selector finds, with its white space as a person sees it. */
export async function textOf(page: Page, selector: string): Promise<string> {
  // biome-ignore lint/performance/useDomNodeTextContent: What is hidden or folded in is not seen.
  return (await page.locator(selector).first().innerText()).replaceAll(/\s+/g, " ").trim();
}
