import { expect, it } from "vitest";
import { manualClock } from "../../test/support/fake-view.ts";
import { newBell } from "./bell.ts";

async function isSettled(promise: Promise<void>): Promise<boolean> {
  const pending = Symbol("pending");
  return (await Promise.race([promise, Promise.resolve(pending)])) !== pending;
}

it("a wait lasts as long as was asked when nobody rings", async () => {
  const clock = manualClock();
  const wait = newBell(clock).wait(1000);
  clock.advance(999);
  expect(await isSettled(wait)).toBe(false);
  clock.advance(1);
  await wait;
});

it("a ring ends the wait at once, and takes its timer back", async () => {
  const clock = manualClock();
  const bell = newBell(clock);
  const wait = bell.wait(60_000);
  bell.ring();
  await wait;
  const next = bell.wait(60_000);
  clock.advance(59_999);
  expect(await isSettled(next)).toBe(false);
});

it("a ring while nobody waits ends the next wait, and no other", async () => {
  const clock = manualClock();
  const bell = newBell(clock);
  bell.ring();
  bell.ring();
  await bell.wait(60_000);
  expect(await isSettled(bell.wait(60_000))).toBe(false);
});

it("a ring in the same turn as the end of a wait does not cut the next wait short as well", async () => {
  const clock = manualClock();
  const bell = newBell(clock);
  const wait = bell.wait(1000);
  clock.after(1000, bell.ring);
  clock.advance(1000);
  await wait;
  expect(await isSettled(bell.wait(60_000))).toBe(false);
});
