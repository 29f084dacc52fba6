import { expect } from "vitest";
import { type Manifest, render } from "./helm.ts";

/** The modes of the gate in a pod. */
export const MODES = ["observe", "ready", "hold"] as const;

/** The one Server that the application chart renders from these values, with `server.create` set. */
export async function serverOf(values: Manifest): Promise<Manifest> {
  const documents = await render({ values: { ...values, server: { create: true, ...values["server"] } } });
  const servers = documents.filter(({ kind }) => kind === "Server");
  expect(servers).toHaveLength(1);
  return servers[0] ?? {};
}

/** The item of a list that has this name; fails without one. */
export function named(list: readonly Manifest[], name: string): Manifest {
  const found = list.find((item) => item["name"] === name);
  if (found === undefined) throw new Error(`no ${name} among ${list.map((item) => item["name"]).join(", ")}`);
  return found;
}

/** Names in the order of a list. */
export function namesOf(list: readonly Manifest[]): readonly string[] {
  return list.map((item) => item["name"]);
}

/** The gate's container of a pod spec, wherever it stands. */
export function gateOf(podSpec: Manifest): Manifest {
  return named([...(podSpec["containers"] ?? []), ...(podSpec["initContainers"] ?? [])], "readiness-gate");
}

/** The value of a container's environment variable. */
export function variableOf(container: Manifest, variable: string): string {
  return named(container["env"], variable)["value"];
}
