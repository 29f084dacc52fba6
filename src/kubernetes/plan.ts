import { isList, isObject, type Json, type JsonObject } from "./json.ts";
import type { PodOwner } from "./pod-owner.ts";
import { GATE_NAME, type Mode, sidecarContainer, sidecarVolume, type Variable } from "./sidecar.ts";

/** Lists of a pod spec that get something. */
export type PodList = "containers" | "initContainers" | "volumes";

/** Items that go into a list of the pod spec, before the item that is at `index` now. */
export interface Insertion {
  readonly list: PodList;
  readonly index: number;
  readonly items: readonly JsonObject[];
}

/** What is to be done to a pod spec. */
export type Plan =
  | {
      readonly kind: "insert";
      readonly insertions: readonly Insertion[];
      /** For people: what was done, then what to know about it. */
      readonly did: string;
      readonly notes: readonly string[];
    }
  | { readonly kind: "nothing" /** For people. */; readonly reason: string };

/** What the user chose. */
export interface PlanOptions {
  readonly image: string;
  readonly mode: Mode;
  readonly preset: string;
  readonly isNative: boolean;
  /** Name of the server's container; null: `mlserver` where there is one, else the first. */
  readonly serverContainer: string | null;
  readonly variables: readonly Variable[];
}

const MLSERVER = "mlserver";

interface Scene {
  readonly owner: Pick<PodOwner, "role" | "serverConfig">;
  readonly options: PlanOptions;
  readonly containers: readonly string[];
  readonly initContainers: readonly string[];
  /** Names of the init containers that go on running. */
  readonly sidecars: readonly string[];
  readonly notes: string[];
}

/** Where the gate goes. */
interface Place {
  readonly list: "containers" | "initContainers";
  readonly index: number;
  /** Goes in before the gate: a container that is only named, so that a merge puts it first. */
  readonly named: readonly JsonObject[];
  readonly isAfterServer: boolean;
}

/** Plans how a pod spec gets the gate. A pod spec that has it, whatever its options, is left alone. */
export function planGate(owner: Pick<PodOwner, "role" | "serverConfig" | "podSpec">, options: PlanOptions): Plan {
  const podSpec = owner.podSpec ?? {};
  const containers = namesIn(podSpec, "containers");
  const initContainers = namesIn(podSpec, "initContainers");
  const volumes = namesIn(podSpec, "volumes");
  if (containers === null || initContainers === null || volumes === null) {
    return nothing("left as it is: its pod spec is not one that can be read");
  }
  if ([...containers, ...initContainers].includes(GATE_NAME))
    return nothing(`has a container ${GATE_NAME}: left alone`);
  if (containers.length === 0 && owner.role !== "server") return nothing("left as it is: it has no containers");
  const notes: string[] = [];
  const sidecars = sidecarsIn(podSpec);
  const isNative = options.isNative || mustBeNative(owner, podSpec, notes);
  const scene: Scene = { owner, options, containers, initContainers, sidecars, notes };
  const place = isNative ? nativePlace(scene) : regularPlace(scene);
  const container = sidecarContainer({ ...options, isNative, isAfterServer: place.isAfterServer });
  const hasVolume = volumes.includes(GATE_NAME);
  if (hasVolume) notes.push(`its volume ${GATE_NAME} is used as it is`);
  return {
    kind: "insert",
    insertions: [
      { list: place.list, index: place.index, items: [...place.named, container] },
      ...(hasVolume ? [] : [{ list: "volumes" as const, index: volumes.length, items: [sidecarVolume()] }]),
    ],
    did: `gate added to ${place.list} (mode ${options.mode}, preset ${options.preset})`,
    notes,
  };
}

function nothing(reason: string): Plan {
  return { kind: "nothing", reason };
}

/** A pod that is to end ends with its regular containers, and a regular gate never would. */
function mustBeNative({ role }: Pick<PodOwner, "role">, podSpec: Json, notes: string[]): boolean {
  const restart = isObject(podSpec) ? podSpec["restartPolicy"] : undefined;
  const isEnding = role === "ending" || restart === "Never" || restart === "OnFailure";
  if (isEnding) notes.push("as a native sidecar, since a regular one would keep it from ever completing");
  return isEnding;
}

function nativePlace({ options, initContainers, sidecars, notes }: Scene): Place {
  const server = options.serverContainer ?? MLSERVER;
  if (sidecars.includes(server)) {
    const index = initContainers.indexOf(server) + 1;
    return { list: "initContainers", index, named: [], isAfterServer: true };
  }
  if (options.mode === "hold") {
    notes.push("holds nothing back: the server is no native sidecar that starts before the gate");
  }
  return { list: "initContainers", index: initContainers.length, named: [], isAfterServer: false };
}

function regularPlace(scene: Scene): Place {
  if (scene.owner.role === "server") return overridePlace(scene);
  const { containers, options, notes } = scene;
  const index = options.mode === "hold" ? serverIndex(scene) + 1 : containers.length;
  if (options.mode === "hold" && index === containers.length) {
    notes.push(`holds nothing back: nothing starts after the gate; put what is to wait after the server`);
  }
  return { list: "containers", index, named: [], isAfterServer: true };
}

/** Position of the server's container; -1 when it is a native sidecar, which starts before all of them. */
function serverIndex({ containers, sidecars, options, notes }: Scene): number {
  const server = options.serverContainer ?? MLSERVER;
  const index = containers.indexOf(server);
  if (index >= 0 || sidecars.includes(server)) return index;
  if (options.serverContainer !== null) notes.push(`has no container ${server}: ${containers[0]} counts as the server`);
  return 0;
}

/**
 * Seldon's operator puts the containers that a `Server` names first, in its order, and the rest of the `ServerConfig` after
 * them. With the server's and then the gate named there, the pod starts them in that order, before rclone and the agent.
 */
function overridePlace({ owner, options, containers, notes }: Scene): Place {
  const server = options.serverContainer ?? (owner.serverConfig === "triton" ? "triton" : MLSERVER);
  const index = containers.indexOf(server);
  if (index > 0 && options.mode === "hold")
    notes.push(`${containers.slice(0, index).join(", ")} starts before the server`);
  if (index >= 0) return { list: "containers", index: index + 1, named: [], isAfterServer: true };
  if (options.serverContainer === null && owner.serverConfig !== server) {
    notes.push(`takes the server's container of ${owner.serverConfig || "its ServerConfig"} to be called ${server}`);
  }
  return { list: "containers", index: 0, named: [{ name: server }], isAfterServer: true };
}

/** Names of a list's items; null when it is no list of objects with names. */
function namesIn(podSpec: Json, list: PodList): readonly string[] | null {
  if (!isObject(podSpec)) return null;
  const items = podSpec[list] ?? [];
  if (!isList(items)) return null;
  const names = items.map((item) => (isObject(item) ? item["name"] : null));
  return names.every((name) => typeof name === "string") ? names : null;
}

function sidecarsIn(podSpec: Json): readonly string[] {
  const items = isObject(podSpec) ? podSpec["initContainers"] : null;
  if (!isList(items)) return [];
  return items.flatMap((item) => (isObject(item) && item["restartPolicy"] === "Always" ? [String(item["name"])] : []));
}

/** The pod spec with the insertions made, of which there is one for a list at most. */
export function withInsertions(podSpec: JsonObject, insertions: readonly Insertion[]): JsonObject {
  const lists = insertions.map(({ list, index, items }): [string, readonly Json[]] => {
    const before = podSpec[list];
    return [list, (isList(before) ? before : []).toSpliced(index, 0, ...items)];
  });
  return { ...podSpec, ...Object.fromEntries(lists) };
}
