import { rememberClients } from "../core/findings/clients.ts";
import type { Finding } from "../core/findings/finding.ts";
import { findingsOf } from "../core/findings/findings.ts";
import { isHostNetwork } from "../core/findings/host-network.ts";
import { awaitingClients } from "../core/findings/no-client-yet.ts";
import type { ProbeAllowance, Scene } from "../core/findings/scene.ts";
import { peersOf, readEstablished } from "../kernel/established.ts";
import { ownAddresses, readInterfaceNames } from "../kernel/interfaces.ts";
import { readOwnSockets } from "../kernel/own-sockets.ts";
import type { Settings } from "../settings/settings.ts";
import { PROC_ROOT, type RunningGate } from "./compose.ts";

/** Looks around a running gate for what is worth knowing. */
export interface FindingsKeeper {
  list(): readonly Finding[];
  /** Whether the sockets of the namespace are the whole node's. */
  isHostNetwork(): boolean;
  stop(): void;
}

/** Reading the established connections costs milliseconds, and who has waited for longer can wait a little more. */
const LOOK_AROUND_EVERY_MS = 10_000;

/** Keeps the findings of a gate; `onFinding` is called once for each that appears, and again after it was gone. */
export function keepFindings(
  gate: RunningGate,
  settings: Settings,
  onFinding: (finding: Finding) => void,
): FindingsKeeper {
  const { clock } = gate;
  const clients = new Map<string, ReturnType<typeof rememberClients>>();
  const probe = probeOf(settings);
  let around = lookAround();
  let told: ReadonlySet<string> = new Set();

  const scene = (): Scene => ({
    ...around,
    state: gate.state(),
    now: clock.now(),
    listeners: foreignListeners(gate),
    clients,
    probe,
  });
  const tell = () => {
    const found = findingsOf(scene());
    for (const finding of found) if (!told.has(keyOf(finding))) onFinding(finding);
    told = new Set(found.map(keyOf));
  };
  const lookForClients = () => {
    const awaited = awaitingClients(gate.state()).filter(({ target }) => !clients.get(target.name)?.isSeen);
    if (awaited.length === 0) return;
    const connections = readEstablished(PROC_ROOT, new Set(awaited.map(({ target }) => target.port)));
    if (connections === null) return;
    const own = readOwnSockets(PROC_ROOT);
    for (const { target } of awaited) {
      const peers = peersOf(target.port, connections, own);
      clients.set(target.name, rememberClients(clients.get(target.name), peers, clock.now()));
    }
  };
  let cancel = () => {};
  const schedule = () => {
    cancel = clock.after(LOOK_AROUND_EVERY_MS, () => {
      around = lookAround();
      lookForClients();
      tell();
      schedule();
    });
  };
  schedule();
  const unsubscribe = gate.subscribe(tell);
  return {
    list: () => findingsOf(scene()),
    isHostNetwork: () => isHostNetwork(scene()),
    stop: () => {
      cancel();
      unsubscribe();
    },
  };
}

function lookAround(): Pick<Scene, "interfaces" | "hasIpv6"> {
  const hasIpv6 = ownAddresses().some((address) => address.includes(":"));
  return { interfaces: readInterfaceNames(PROC_ROOT), hasIpv6 };
}

function foreignListeners({ table }: RunningGate): Scene["listeners"] {
  const own = readOwnSockets(PROC_ROOT);
  return (table.current() ?? []).filter(({ inode }) => !own.has(inode));
}

function keyOf({ code, target }: Finding): string {
  return `${code} ${target}`;
}

/** Kubernetes' default. */
const PERIOD_SECONDS = 10;

/** What the startup probe allows: Seldon's is known; elsewhere the start-up budget stands for it. */
export function probeOf({ preset, policy }: Pick<Settings, "preset" | "policy">): ProbeAllowance {
  if (preset === "seldon") {
    return { whose: "the startup probe of Seldon's ServerConfig", periodSeconds: PERIOD_SECONDS, failureThreshold: 10 };
  }
  const failureThreshold = Math.max(1, Math.ceil(policy.startupBudgetMs / (PERIOD_SECONDS * 1000)));
  return { whose: "the start-up budget", periodSeconds: PERIOD_SECONDS, failureThreshold };
}
