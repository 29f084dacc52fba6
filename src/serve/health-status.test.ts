import { describe, expect, it } from "vitest";
import { fakeView } from "../../test/support/fake-view.ts";
import { answered, look } from "../../test/support/looks.ts";
import { healthOf, healthServices } from "./health-status.ts";

describe("healthOf", () => {
  it("answers for the gate and for each target", () => {
    const view = fakeView();
    const health = (service: string) => healthOf(service, view.state(), view.clock.now());
    view.look("http", look(answered("ready")));
    expect(["", "http", "grpc", "rclone"].map(health)).toEqual([
      "NOT_SERVING",
      "SERVING",
      "NOT_SERVING",
      "NOT_SERVING",
    ]);
    view.look("grpc", look(answered("ready")));
    expect(health("")).toBe("SERVING");
    expect(health("nope")).toBe(null);
  });

  it("does not serve what has not been looked at in time", () => {
    const view = fakeView();
    view.look("http", look(answered("ready")));
    view.look("grpc", look(answered("ready")));
    view.clock.advance(18_001);
    view.look("http", look(answered("ready")));
    const health = (service: string) => healthOf(service, view.state(), view.clock.now());
    expect(["", "http", "grpc"].map(health)).toEqual(["NOT_SERVING", "SERVING", "NOT_SERVING"]);
  });

  it("lists the gate first, then the targets", () => {
    expect(healthServices(fakeView().state())).toEqual(["", "http", "grpc", "rclone"]);
  });
});
