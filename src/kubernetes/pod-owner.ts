import { isList, isObject, type Json, type JsonObject, type Path, partAt } from "./json.ts";

/**
 * What a pod spec is part of.
 *
 * - `lasting`: its containers go on.
 * - `ending`: a Job's, which ends when its regular containers have ended.
 * - `server`: a Seldon `Server`, whose pod spec is laid over that of its `ServerConfig`.
 * - `server-config`: a Seldon `ServerConfig`, which has the whole pod spec.
 */
export type OwnerRole = "lasting" | "ending" | "server" | "server-config";

/** An object that has a pod spec. */
export interface PodOwner {
  /** For people: kind, namespace and name. */
  readonly title: string;
  readonly role: OwnerRole;
  /** Path of the pod spec in the document. */
  readonly path: Path;
  /** The pod spec as it is written; undefined when it is missing. */
  readonly podSpec: Json | undefined;
  /** Labels and annotations that the pods will have; for Seldon's kinds those of the object. */
  readonly labels: JsonObject;
  readonly annotations: JsonObject;
  /** The object's own annotations, which pods do not get. */
  readonly ownAnnotations: JsonObject;
  /** For a `Server`, the name of its `ServerConfig`. */
  readonly serverConfig: string | null;
}

interface PodKind {
  /** API group; empty for the core group. */
  readonly group: string;
  readonly role: OwnerRole;
  /** Path of what has the pod's metadata, and of its pod spec. */
  readonly pod: Path;
  readonly spec: Path;
}

const SELDON = "mlops.seldon.io";
const TEMPLATE = ["spec", "template"];
const JOB_TEMPLATE = ["spec", "jobTemplate", "spec", "template"];
const WORKLOAD: PodKind = { group: "apps", role: "lasting", pod: TEMPLATE, spec: [...TEMPLATE, "spec"] };

const KINDS: ReadonlyMap<string, PodKind> = new Map<string, PodKind>([
  ["Pod", { group: "", role: "lasting", pod: [], spec: ["spec"] }],
  ["Deployment", WORKLOAD],
  ["StatefulSet", WORKLOAD],
  ["DaemonSet", WORKLOAD],
  ["ReplicaSet", WORKLOAD],
  ["Job", { group: "batch", role: "ending", pod: TEMPLATE, spec: [...TEMPLATE, "spec"] }],
  ["CronJob", { group: "batch", role: "ending", pod: JOB_TEMPLATE, spec: [...JOB_TEMPLATE, "spec"] }],
  ["Server", { group: SELDON, role: "server", pod: [], spec: ["spec", "podSpec"] }],
  ["ServerConfig", { group: SELDON, role: "server-config", pod: [], spec: ["spec", "podSpec"] }],
]);

/** Whether objects of a kind, as a document names it, may have a pod spec, or hold such objects. */
export function isPodKind(kind: unknown): boolean {
  return typeof kind === "string" && (kind === "List" || KINDS.has(kind));
}

/** The objects with a pod spec in a document: itself, or the items of a `List`, however deep. */
export function podOwners(document: Json, at: Path = []): readonly PodOwner[] {
  const object = partAt(document, at);
  if (!isObject(object)) return [];
  if (object["kind"] === "List" && groupOf(object) === "") {
    const items = object["items"];
    return isList(items) ? items.flatMap((_item, index) => podOwners(document, [...at, "items", index])) : [];
  }
  const kind = KINDS.get(text(object["kind"]));
  return kind === undefined || kind.group !== groupOf(object) ? [] : [ownerOf(object, kind, at)];
}

/** An object of a kind that is not known here, but has a pod template: its title and the template's annotations. */
export function foreignTemplate(document: Json): Pick<PodOwner, "title" | "annotations"> | null {
  if (!isObject(document) || podOwners(document).length > 0) return null;
  const template = partAt(document, TEMPLATE);
  return isObject(template) ? { title: titleOf(document), annotations: metadataOf(template, "annotations") } : null;
}

function ownerOf(object: JsonObject, { role, pod, spec }: PodKind, at: Path): PodOwner {
  const template = partAt(object, pod);
  return {
    title: titleOf(object),
    role,
    path: [...at, ...spec],
    podSpec: partAt(object, spec),
    labels: metadataOf(template, "labels"),
    annotations: metadataOf(template, "annotations"),
    ownAnnotations: metadataOf(object, "annotations"),
    serverConfig: role === "server" ? text(partAt(object, ["spec", "serverConfig"])) : null,
  };
}

function metadataOf(object: Json | undefined, key: "labels" | "annotations"): JsonObject {
  const found = partAt(object, ["metadata", key]);
  return isObject(found) ? found : {};
}

function titleOf(object: JsonObject): string {
  const metadata = object["metadata"];
  const name = text(partAt(metadata, ["name"])) || text(partAt(metadata, ["generateName"])) || "(no name)";
  const namespace = text(partAt(metadata, ["namespace"]));
  return `${text(object["kind"])} ${namespace === "" ? name : `${namespace}/${name}`}`;
}

function groupOf(object: JsonObject): string {
  const version = text(object["apiVersion"]);
  return version.includes("/") ? version.slice(0, version.indexOf("/")) : version === "v1" ? "" : version;
}

function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}
