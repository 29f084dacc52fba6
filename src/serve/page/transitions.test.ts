import { expect, it } from "vitest";
import { openGate } from "../../../test/page/scenes.ts";
import { transitionJson } from "../../core/transition-json.ts";
import { mergedTransitions } from "./transitions.ts";

it("puts a stream and a journal that overlap together, each transition once and the oldest first", () => {
  const all = openGate().journal().map(transitionJson);
  expect(all.length).toBeGreaterThan(5);
  expect(mergedTransitions(all.slice(3), all.slice(0, 5), all)).toHaveLength(all.length);
  const times = mergedTransitions(all.slice(4), all.slice(0, 5)).map(({ sinceStartMs }) => sinceStartMs);
  expect(times).toEqual([...times].sort((a, b) => a - b));
});
