import { expect, it } from "vitest";
import { manualClock } from "../../test/support/fake-view.ts";
import { shareGlances } from "./loopback-glance.ts";

it("lets those that ask within a second and a half share one canary for each address", async () => {
  const clock = manualClock();
  const checked: string[] = [];
  const glance = shareGlances(async (address) => {
    checked.push(address);
    return checked.length > 2 ? "failed" : "ok";
  }, clock);
  expect(await Promise.all([glance("127.0.0.1"), glance("127.0.0.1"), glance("::1")])).toEqual(["ok", "ok", "ok"]);
  clock.advance(1499);
  expect(await glance("127.0.0.1")).toBe("ok");
  expect(checked).toEqual(["127.0.0.1", "::1"]);
  clock.advance(1);
  expect(await glance("127.0.0.1")).toBe("failed");
});
