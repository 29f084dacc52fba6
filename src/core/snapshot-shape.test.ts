import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fakeView } from "../../test/support/fake-view.ts";
import { answered, look, refused } from "../../test/support/looks.ts";
import { isSnapshot } from "./snapshot-shape.ts";

function anySnapshot(): Record<string, unknown> {
  const view = fakeView();
  view.look("http", look(answered("ready")));
  view.look("grpc", look(refused()));
  return JSON.parse(JSON.stringify(view.snapshot())) as Record<string, unknown>;
}

describe("a snapshot that comes from elsewhere", () => {
  it("is taken when it is one", () => {
    expect(isSnapshot(anySnapshot())).toBe(true);
    expect(isSnapshot({ ...anySnapshot(), added: "later" })).toBe(true);
  });

  it("is refused without any one of its fields, or with another value in it", () => {
    const paths = placesIn(anySnapshot());
    expect(paths.length).toBeGreaterThan(60);
    for (const path of paths) {
      const without = anySnapshot();
      const broken = anySnapshot();
      change(without, path, (holder, key) => Reflect.deleteProperty(holder, key));
      change(broken, path, (holder, key) => Reflect.set(holder, key, { wrong: true }));
      const name = path.join(".");
      // Errors are counted under names of their own.
      if (!name.includes(".errors.")) expect(isSnapshot(without), `without ${name}`).toBe(false);
      expect(isSnapshot(broken), `broken ${name}`).toBe(false);
    }
  });

  it("is told from any other value without throwing", () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => !isSnapshot(value)));
  });
});

/** The ways to every field of every object; of lists the way to the first item's. */
function placesIn(value: unknown): readonly (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [];
  const fields = Array.isArray(value) ? [] : Object.keys(value).map((key) => [key]);
  const inner = Object.entries(value).flatMap(([key, field]) => placesIn(field).map((rest) => [key, ...rest]));
  return [...fields, ...inner];
}

function change(value: object, path: readonly string[], apply: (holder: object, key: string) => void): void {
  const [key = "", ...rest] = path;
  if (rest.length === 0) apply(value, key);
  else change(Reflect.get(value, key) as object, rest, apply);
}
