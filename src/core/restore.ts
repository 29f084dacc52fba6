import type { GateState } from "./gate.ts";
import type { Sandbox } from "./journal-entry.ts";
import type { LastKnown } from "./journal-state.ts";
import type { Moment } from "./moment.ts";
import type { ListeningSocket } from "./observation.ts";
import type { GatePolicy } from "./policy.ts";
import type { Target } from "./target.ts";
import { type TargetState, unseen } from "./target-state.ts";

/** What a gate that starts knows of itself and finds around it. */
export interface Present {
  readonly targets: readonly Target[];
  readonly policy: GatePolicy;
  readonly now: Moment;
  readonly sandbox: Sandbox;
  /** All listening sockets of the network namespace; null where there is no table. */
  readonly sockets: readonly ListeningSocket[] | null;
}

/**
 * The state that a restarted gate goes on from; null for one that begins anew.
 *
 * - In another network namespace, or after a boot of the node, all containers of the pod have started anew: so does the
 *   gate.
 * - In the same one the timeline of each target with the same name and URL goes on, and so does the time since the start.
 * - The gate itself goes on as if it had never stopped (open where it was open) when each required target of this
 *   namespace still has the very sockets that the journal knows, and what the gate asks for is the same. A gate that had
 *   never opened has nothing to prove.
 * - Otherwise the server was, or may have been, restarted while nobody watched. It starts from the beginning, so the
 *   gate does: closed, as if it had never been open, so that `openOn` and the models are asked for again.
 */
export function restoredGate(known: LastKnown | null, present: Present): GateState | null {
  if (known === null || !isSameSandbox(known.head.sandbox, present.sandbox)) return null;
  const { policy, targets, now } = present;
  const past = onClockOf(now, known);
  if (!targets.some((target) => targetIn(past, target) !== null)) return null;
  const goesOn = past.openedAt === null || (isSameDemand(past.policy, policy) && areSameServers(past, present));
  const restored = targets.map((target) => restoredTarget(targetIn(past, target), { target, goesOn, present }));
  const isReady = restored.every((one) => one.isReady || !one.target.required);
  return {
    startedAt: past.startedAt,
    policy,
    targets: restored,
    openedAt: goesOn ? past.openedAt : null,
    isOpen: goesOn && past.isOpen && isReady,
    isStopping: false,
    phaseSince: goesOn && !past.isStopping ? past.phaseSince : now,
  };
}

function isSameSandbox(then: Sandbox, now: Sandbox): boolean {
  return now.netns !== null && now.netns === then.netns && now.bootId === then.bootId;
}

/** The demands that were met must be those that are made now. */
function isSameDemand(then: GatePolicy, now: GatePolicy): boolean {
  return then.openOn === now.openOn && then.afterReady === now.afterReady;
}

/** Of the required targets each is known to have the same sockets or to lie elsewhere, and at least one has sockets. */
function areSameServers(past: GateState, { targets, sockets }: Present): boolean {
  const required = targets.filter((target) => target.required).map((target) => targetIn(past, target));
  const hasSame = required.map((one) => one !== null && hasSameSockets(one, sockets));
  return hasSame.some(Boolean) && required.every((one, index) => one !== null && (hasSame[index] || isElsewhere(one)));
}

function hasSameSockets({ target, memory }: TargetState, sockets: Present["sockets"]): boolean {
  const inodes = (sockets ?? []).filter(({ port }) => port === target.port).map(({ inode }) => inode);
  return memory.sockets.length > 0 && memory.sockets.every(({ inode }) => inodes.includes(inode));
}

function isElsewhere({ lastLook }: TargetState): boolean {
  return lastLook !== null && !lastLook.listen.isKnown && lastLook.listen.reason === "remote";
}

function targetIn({ targets }: GateState, { name, url }: Target): TargetState | null {
  return targets.find(({ target }) => target.name === name && target.url === url) ?? null;
}

interface Restoring {
  readonly target: Target;
  readonly goesOn: boolean;
  readonly present: Present;
}

/** No look is carried over: the first one of this process is due at once, and until then this is what is known. */
function restoredTarget(past: TargetState | null, { target, goesOn, present }: Restoring): TargetState {
  const { now, sockets } = present;
  const fresh = { ...unseen(target, now), lastLookedAt: now };
  if (past === null) return fresh;
  const isStillSo = !past.isReady || hasSameSockets(past, sockets) || isElsewhere(past);
  if (goesOn && isStillSo) return { ...past, target, lastLook: null, lastLookedAt: now };
  const { memory } = past;
  return { ...fresh, memory: past.isReady ? { ...memory, timeline: { ...memory.timeline, lost: now } } : memory };
}

/**
 * The past on this process's monotonic clock. Durations of the old process stay what they were; how long nobody watched
 * is told by the wall clock, and is nothing when that was set back.
 */
function onClockOf(now: Moment, { state, at }: LastKnown): GateState {
  const unwatchedMs = Math.max(0, now.wallMs - at.wallMs);
  return shifted(state, now.monotonicMs - unwatchedMs - at.monotonicMs);
}

/** The same value with each moment in it that much later on the monotonic clock. */
function shifted<T>(value: T, byMs: number): T {
  return shiftedValue(value, byMs) as T;
}

function shiftedValue(value: unknown, byMs: number): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => shiftedValue(item, byMs));
  const isMoment = "monotonicMs" in value && typeof value.monotonicMs === "number";
  if (isMoment) return { ...value, monotonicMs: (value.monotonicMs as number) + byMs };
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, shiftedValue(field, byMs)]));
}
