import { describe, expect, it } from "vitest";
import { fakeView } from "../../test/support/fake-view.ts";
import {
  answered,
  at,
  CODE_OF,
  failed,
  httpTarget,
  listening,
  look,
  NO_TABLE,
  rcloneTarget,
  refused,
  silent,
  TARGETS,
  unresolved,
} from "../../test/support/looks.ts";
import type { AnswerKind } from "../core/observation.ts";
import type { Target } from "../core/target.ts";
import { createMetrics } from "./metrics.ts";

const create = () => createMetrics({ version: "1.2.3", targets: TARGETS });

function seriesOf(text: string): readonly string[] {
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

async function series(
  metrics: ReturnType<typeof create>,
  view: ReturnType<typeof fakeView>,
): Promise<readonly string[]> {
  return seriesOf(await metrics.expose(view.state()));
}

describe("createMetrics", () => {
  it("shows the state of the gate and of each target", async () => {
    const [view, metrics] = [fakeView(), create()];
    view.clock.advance(1_500);
    view.look("http", look(answered("ready"), { listen: listening({ address: "::" }) }));
    expect(await series(metrics, view)).toEqual(
      expect.arrayContaining([
        "readiness_gate_ready 0",
        'readiness_gate_target_ready{target="http"} 1',
        'readiness_gate_target_ready{target="grpc"} 0',
        'readiness_gate_verdict{class="unknown"} 1',
        'readiness_gate_verdict{class="ready"} 0',
        'readiness_gate_verdict_info{target="grpc",code="UNKNOWN",class="unknown"} 1',
        'readiness_gate_start_phase_seconds{target="http",phase="listening"} 1.5',
        'readiness_gate_start_phase_seconds{target="http",phase="ready"} 1.5',
        'readiness_gate_bind_info{target="http",address="::"} 1',
        'readiness_gate_server_restarts_total{target="http"} 0',
        'readiness_gate_build_info{version="1.2.3"} 1',
      ]),
    );
  });

  it("shows the current verdict and the current addresses alone", async () => {
    const [view, metrics] = [fakeView(), create()];
    view.look("grpc", look(answered("ready"), { listen: listening({ inode: 1 }) }));
    view.look("http", look(answered("ready"), { listen: listening({ inode: 1 }) }));
    await metrics.expose(view.state());
    view.look("http", look(answered("ready"), { listen: listening({ address: "127.0.0.1", inode: 2 }) }));
    const all = await series(metrics, view);
    expect(all.filter((line) => line.startsWith("readiness_gate_verdict_info"))).toHaveLength(1);
    expect(all.filter((line) => line.includes('bind_info{target="http"'))).toEqual([
      'readiness_gate_bind_info{target="http",address="127.0.0.1"} 1',
    ]);
    expect(all).toContain('readiness_gate_server_restarts_total{target="http"} 1');
    expect(all).toContain("readiness_gate_ready 1");
  });

  it("counts errors by layer and code, refusals by who refused, and durations by layer", async () => {
    const [view, metrics] = [fakeView(), create()];
    metrics.observeLook("http", look(failed("refused", { refusedBy: "kernel", ms: 0.5 })));
    metrics.observeLook("http", look(answered("not-ready", { ms: 20 })));
    expect(await series(metrics, view)).toEqual(
      expect.arrayContaining([
        'readiness_gate_errors_total{target="http",layer="connect",code="ECONNREFUSED"} 1',
        'readiness_gate_errors_total{target="http",layer="readiness",code="HTTP_400"} 1',
        'readiness_gate_refusals_total{target="http",by="kernel"} 1',
        'readiness_gate_look_duration_seconds_bucket{le="0.001",target="http",layer="connect"} 2',
        'readiness_gate_look_duration_seconds_bucket{le="0.025",target="http",layer="protocol"} 1',
        'readiness_gate_look_duration_seconds_count{target="http",layer="connect"} 2',
      ]),
    );
  });

  it("counts nothing of addresses that are evidence, nor of looks during a stall", async () => {
    const [view, metrics] = [fakeView(), create()];
    const before = await series(metrics, view);
    metrics.observeLook("http", look([at("10.42.1.7", refused(), { role: "evidence" })]));
    metrics.observeLook("http", look(refused(), { stalledMs: 101 }));
    expect(await series(metrics, view)).toEqual(before);
  });

  it("refuses a target that it was not made for", () => {
    expect(() => create().observeLook("nope", look(refused()))).toThrow("no target is named nope");
  });

  it("counts refusals from zero, so that the first one is an increase", async () => {
    const [view, metrics] = [fakeView(), create()];
    const all = await series(metrics, view);
    for (const by of ["kernel", "firewall", "unknown"]) {
      expect(all).toContain(`readiness_gate_refusals_total{target="grpc",by="${by}"} 0`);
    }
  });
});

/** Every kind of look, and far more codes and addresses than are kept apart. */
const CONNECTS = [
  ...(["refused", "timeout", "unreachable", "denied", "unavailable", "reset"] as const).map((one) => look(failed(one))),
  ...(["kernel", "firewall", "unknown"] as const).map((refusedBy) => look(failed("refused", { refusedBy }))),
  ...Array.from({ length: 20 }, (_, n) => unresolved(`E${n}`)),
  look(answered("ready", { code: "TCP_CONNECTED" }), {
    listen: listening(...Array.from({ length: 20 }, (_, n) => ({ address: `10.0.0.${n}`, inode: n }))),
  }),
];
const ANSWERS = [
  ...(Object.keys(CODE_OF) as AnswerKind[]).map((kind) => look(answered(kind))),
  ...Array.from({ length: 100 }, (_, n) => look(answered("error", { code: `HTTP_5${n}` }))),
  look(silent()),
  look(answered("ready"), { listen: CONNECTS.at(-1)?.listen ?? NO_TABLE }),
];

/** All series after the targets have done all that they can. */
async function seriesAfterAll(targets: readonly Target[]): Promise<readonly string[]> {
  const [view, metrics] = [fakeView({ targets }), createMetrics({ version: "1.2.3", targets })];
  for (const { name, scheme } of targets) {
    for (const one of scheme === "tcp" ? CONNECTS : [...CONNECTS, ...ANSWERS]) {
      view.look(name, one);
      metrics.observeLook(name, one);
    }
  }
  return seriesOf(await metrics.expose(view.state(), { ipv4: "ok", ipv6: "failed" }));
}

const many = (length: number) => Array.from({ length }, (_, n) => httpTarget({ name: `t${n}` }));

describe("the number of series, whatever the targets do", () => {
  it.each([
    ["the three of preset seldon", TARGETS],
    ["three that all answer", many(3)],
    ["four that all answer", many(4)],
    ["those of preset seldon and its scheduler", [...TARGETS, { ...rcloneTarget(), name: "scheduler" }]],
  ])("stays below 150 for %s", async (_, targets) => {
    const all = await seriesAfterAll(targets);
    expect(all.length).toBeGreaterThan(100);
    expect(all.length).toBeLessThan(150);
    expect(all.every((line) => line.startsWith("readiness_gate_"))).toBe(true);
  });

  it("grows by at most 34 with each target from the fifth on", async () => {
    const counts = await Promise.all([10, 20].map(async (n) => (await seriesAfterAll(many(n))).length));
    expect(counts[0]).toBeLessThanOrEqual(11 + 10 * 34);
    expect((counts[1] ?? 0) - (counts[0] ?? 0)).toBe(10 * 34);
  });

  it("counts errors beyond those kept apart under OTHER, in their own layer", async () => {
    const errors = (await seriesAfterAll(TARGETS)).filter((line) => line.includes('errors_total{target="http"'));
    expect(errors).toContainEqual(expect.stringContaining('layer="resolve",code="OTHER"'));
    expect(errors).toContainEqual(expect.stringContaining('layer="protocol",code="OTHER"'));
    expect(errors.length).toBeLessThanOrEqual(12);
  });
});

it("shows loopback by family, and nothing of a family that does not exist", async () => {
  const text = await create().expose(fakeView().state(), { ipv4: "failed", ipv6: "absent" });
  expect(text).toContain('readiness_gate_loopback_ok{family="ipv4"} 0');
  expect(text).not.toContain('family="ipv6"');
});
