import { expect, it } from "vitest";
import { fakeView } from "../../test/support/fake-view.ts";
import { answered, look, refused } from "../../test/support/looks.ts";
import type { Transition } from "../core/gate.ts";
import { keepRecentTransitions } from "./recent-transitions.ts";

/** So many transitions of one target, which changes its mind at each look. */
function transitions(count: number): readonly Transition[] {
  const view = fakeView();
  while (view.journal().length < count) {
    view.look("http", look(view.journal().length % 2 === 0 ? answered("not-ready") : refused()));
  }
  return view.journal();
}

it("keeps all transitions, oldest first, while there are few", () => {
  const recent = keepRecentTransitions(8);
  const all = transitions(8);
  all.forEach(recent.add);
  expect(recent.list()).toEqual(all);
});

it("keeps the first quarter, which tells the start, and the latest of the rest", () => {
  const recent = keepRecentTransitions(8);
  const all = transitions(1000);
  all.forEach(recent.add);
  expect(recent.list()).toEqual([...all.slice(0, 2), ...all.slice(-6)]);
});
