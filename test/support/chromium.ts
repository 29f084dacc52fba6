import { accessSync, constants } from "node:fs";
import { type Browser, chromium } from "playwright-core";

/** Debian's. */
const EXECUTABLE = "/usr/bin/chromium";

/** Whether there is a browser to try the page in, or why not; tests that need one skip with that reason. */
export function chromiumAvailable(): { readonly ok: true } | { readonly ok: false; readonly reason: string } {
  try {
    accessSync(EXECUTABLE, constants.X_OK);
    return { ok: true };
  } catch {
    return { ok: false, reason: `there is no ${EXECUTABLE}` };
  }
}

/** Starts a browser with a profile of its own that asks nothing of the network by itself. */
export async function startChromium(): Promise<Browser> {
  return await chromium.launch({
    executablePath: EXECUTABLE,
    args: [
      // As root Chromium cannot make the sandbox that it otherwise insists on.
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--font-render-hinting=none",
    ],
  });
}
