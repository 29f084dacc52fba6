import { expect, it } from "vitest";
import { readBootId } from "./boot-id.ts";

it("the boot id stays the same, and is null where the kernel shows none", () => {
  expect(readBootId("/proc")).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  expect(readBootId("/proc")).toBe(readBootId("/proc"));
  expect(readBootId("/nowhere")).toBeNull();
});
