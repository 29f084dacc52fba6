import type { Snapshot } from "../../core/snapshot.ts";
import type { Latencies, LatencySample } from "./latency.ts";
import { type Content, type ElementPiece, h } from "./piece.ts";
import { table } from "./table-view.ts";
import { counted, inMs } from "./words.ts";

type Layer = "connectMs" | "answerMs";

/** How long looks took, by target and layer, as far back as the page has seen them. */
export function latencySection({ targets }: Snapshot, latencies: Latencies): ElementPiece {
  return h(
    "section",
    { class: "latency", "aria-labelledby": "latency" },
    h("h2", { id: "latency" }, "Latency"),
    table({
      className: "cards",
      caption: "How long looks took, by layer: the last, those before, the longest",
      columns: ["Target", "Connect", "Answer"],
      rows: targets.map(({ name }) => {
        const samples = latencies[name] ?? [];
        return [name, layerCell(samples, "connectMs"), layerCell(samples, "answerMs")];
      }),
    }),
  );
}

function layerCell(samples: readonly LatencySample[], layer: Layer): Content {
  const last = samples.at(-1)?.[layer] ?? null;
  const highest = Math.max(0, ...samples.map((sample) => sample[layer] ?? 0));
  return [
    h("span", { class: "last" }, last === null ? "–" : inMs(last)),
    samples.length > 1 && spark(samples, layer, highest),
    highest > 0 && h("small", {}, `up to ${inMs(highest)}`),
  ];
}

/** A small curve from 0 to the highest value; a look that did not reach the layer is a stroke below a gap. */
function spark(samples: readonly LatencySample[], key: Layer, highest: number): ElementPiece {
  const x = (index: number) => round((100 * index) / Math.max(1, samples.length - 1));
  const y = (ms: number) => round(highest === 0 ? 19 : 19 - (17 * ms) / highest);
  const d = samples
    .map((sample, index) => {
      const ms = sample[key];
      if (ms === null) return `M${x(index)} 17v2`;
      const isStart = index === 0 || samples[index - 1]?.[key] === null;
      return `${isStart ? "M" : "L"}${x(index)} ${y(ms)}${isStart ? "h.1" : ""}`;
    })
    .join("");
  const missed = samples.filter((sample) => sample[key] === null).length;
  const words = `${counted(samples.length, "look")}, up to ${inMs(highest)}, ${missed} without`;
  return h(
    "svg",
    { class: "spark", viewBox: "0 0 100 20", preserveAspectRatio: "none", role: "img", "aria-label": words },
    h("path", { d }),
  );
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
