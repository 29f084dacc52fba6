import type { ConnectResult } from "./connect.ts";
import { formatDuration } from "./duration.ts";
import type { Case, Facts } from "./facts.ts";
import { isoTime, millisecondsBetween } from "./moment.ts";
import type { Answer, ListenEvidence, PathLook } from "./observation.ts";
import { proofLines } from "./proof-evidence.ts";

/** Sockets that are listed one by one: a port shared by SO_REUSEPORT may have a thousand. */
export const SOCKETS_SHOWN = 8;

/** The evidence lines of one path: each states one observed fact, from the lowest layer up. */
export function evidenceOf(facts: Facts): readonly string[] {
  return [
    ...listenLines(facts),
    ...pathLines(facts.path, facts.target.port),
    ...proofLines(facts.path),
    ...otherAddressLines(facts),
    ...pastLines(facts),
  ];
}

/** The evidence lines of a look without paths: the name did not resolve. */
export function resolutionEvidence({ target, look }: Case): readonly string[] {
  if (look.resolution.isResolved) return [`looking up ${target.host} gave no address`];
  return [`looking up ${target.host} failed: ${look.resolution.code}`];
}

function listenLines(facts: Facts): readonly string[] {
  const { look, target, sockets } = facts;
  if (sockets === null) return [unknownTable(look.listen, facts.path)];
  if (sockets.length > 0) return boundLines(facts, sockets);
  const others = look.listen.isKnown ? look.listen.otherPorts : [];
  return [`no socket listens on port ${target.port}`, otherPortsLine(others), ...goneLines(facts)];
}

function unknownTable(listen: ListenEvidence, path: PathLook): string {
  const isRemote = !path.isLocal || (!listen.isKnown && listen.reason === "remote");
  return isRemote
    ? `${path.address} is not an address of this network namespace`
    : "the table of listening sockets cannot be read here";
}

function boundLines(facts: Facts, sockets: Facts["covering"]): readonly string[] {
  const lines = sockets.slice(0, SOCKETS_SHOWN).map((socket) => boundLine(facts, socket));
  const rest = sockets.length - lines.length;
  return rest === 0 ? lines : [...lines, `${rest} more sockets listen on port ${facts.target.port}`];
}

function boundLine(facts: Facts, socket: Facts["covering"][number]): string {
  const since = facts.memory.sockets.find((bound) => bound.inode === socket.inode)?.since ?? facts.look.ended;
  const reach = facts.covering.some((covering) => covering.inode === socket.inode)
    ? ""
    : `, not on ${facts.path.address}`;
  const waiting = socket.acceptQueue > 0 ? `, ${socket.acceptQueue} in its accept queue` : "";
  const place = hostPort(socket.address, socket.port);
  return `listening on ${place} since ${isoTime(since)}, inode ${socket.inode}, uid ${socket.uid}${reach}${waiting}`;
}

function otherPortsLine(ports: readonly number[]): string {
  return ports.length === 0 ? "no other port listens" : `other ports that listen: ${ports.join(", ")}`;
}

function goneLines({ memory }: Facts): readonly string[] {
  const { listening } = memory.timeline;
  if (listening === null) return [];
  const lines = [`the port was first seen bound at ${isoTime(listening)}`];
  return memory.restarts === 0 ? lines : [...lines, `restarts of the server seen so far: ${memory.restarts}`];
}

/** What came before the look, where the verdict may rest on it. */
function pastLines({ path, memory, hasEverListened, isOverBudget, ...facts }: Facts): readonly string[] {
  const { answered } = memory.timeline;
  const isSilent = path.answer === null || path.answer.kind === "silence";
  if (memory.hasAnsweredFromSocket && isSilent && answered !== null) {
    return [`it has answered since its socket was bound, the first time ever at ${isoTime(answered)}`];
  }
  if (hasEverListened || !isOverBudget) return [];
  const watched = formatDuration(millisecondsBetween(facts.startedAt, facts.look.ended));
  return [`watched for ${watched}; the start-up budget is ${formatDuration(facts.policy.startupBudgetMs)}`];
}

function pathLines(path: PathLook, port: number): readonly string[] {
  const place = hostPort(path.address, port);
  if (path.skipped === "ephemeral-port") {
    return [`${place} was not connected to: the port is in the ephemeral range, where a closed port can reach itself`];
  }
  if (path.skipped === "accept-queue") {
    return [`${place} was not connected to anew: earlier connections of the gate still wait to be accepted`];
  }
  const lines = path.connect === null ? [] : [connectLine(place, path.connect)];
  return path.answer === null ? lines : [...lines, answerLine(path.answer), ...modelLines(path.answer)];
}

/** Other addresses of the pod that are listed, where the path itself failed. */
const OTHERS_SHOWN = 4;

function otherAddressLines({ look, path, target }: Facts): readonly string[] {
  if (path.connect === null || path.connect.outcome === "ok") return [];
  return look.paths
    .flatMap(({ role, address, connect }) => {
      return role === "evidence" && connect !== null ? [connectLine(hostPort(address, target.port), connect)] : [];
    })
    .slice(0, OTHERS_SHOWN)
    .map((line) => `for comparison: ${line}`);
}

function connectLine(place: string, connect: ConnectResult): string {
  if (connect.outcome === "ok") return `connected to ${place} in ${connect.ms} ms`;
  const by = connect.refusedBy === null ? "" : `, refused by: ${connect.refusedBy}`;
  return `connect to ${place}: ${connect.outcome} (${connect.errno ?? "no error"}) after ${connect.ms} ms${by}`;
}

function answerLine(answer: Answer): string {
  const words = answer.message === "" ? "" : `: ${answer.message}`;
  if (answer.kind === "unasked") return `${answer.asked}: not asked (${answer.code})${words}`;
  if (answer.kind === "silence") return `${answer.asked}: no answer for ${answer.ms} ms (${answer.code})${words}`;
  return `${answer.asked}: ${answer.code} after ${answer.ms} ms${words}`;
}

function modelLines(answer: Answer): readonly string[] {
  return answer.modelsPending.length === 0 ? [] : [`models not ready: ${answer.modelsPending.join(", ")}`];
}

/** An address and a port in one text, IPv6 in brackets. */
export function hostPort(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
