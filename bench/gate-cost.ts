import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { forkStandIn } from "../src/stand-in/fork.ts";
import { takeFreePort } from "./free-ports.ts";
import { startGate } from "./gate-process.ts";
import { BUNDLE } from "./program.ts";

/** What a gate with two targets takes. */
export interface GateCost {
  /** While nothing listens, in thousandths of a core. */
  readonly waitingMillicores: number;
  /** Once the gate is open, in thousandths of a core. */
  readonly openMillicores: number;
  /** Resident memory once the gate is open, in MiB. */
  readonly openMebibytes: number;
}

/** A process that has just started, or just opened, does things once. */
const SETTLE_MS = 3000;
/** `/proc` counts CPU in hundredths of a second: over this time, a step is half a thousandth of a core. */
const WINDOW_MS = 20_000;
const TICKS_PER_SECOND = 100;

/** Measures a gate alone: nothing else of the bench runs meanwhile. */
export async function measureGateCost(): Promise<GateCost> {
  const ports = { httpPort: await takeFreePort(), grpcPort: await takeFreePort() };
  const gate = await startGate(ports, await takeFreePort());
  try {
    await delay(SETTLE_MS);
    const waitingMillicores = await millicoresOf(gate.pid);
    const standIn = await forkStandIn({ modulePath: BUNDLE, execArgv: [], plan: ports });
    try {
      await gate.untilOpen(AbortSignal.timeout(WINDOW_MS));
      await delay(SETTLE_MS);
      const openMillicores = await millicoresOf(gate.pid);
      return { waitingMillicores, openMillicores, openMebibytes: residentMebibytes(gate.pid) };
    } finally {
      await standIn.stop();
    }
  } finally {
    await gate.stop();
  }
}

async function millicoresOf(pid: number): Promise<number> {
  const [beganMs, beganCpuMs] = [performance.now(), cpuMs(pid)];
  await delay(WINDOW_MS);
  return ((cpuMs(pid) - beganCpuMs) / (performance.now() - beganMs)) * 1000;
}

/** User and system time of all threads: fields 14 and 15 of proc_pid_stat(5), the 12th and 13th after the name. */
function cpuMs(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND;
}

function residentMebibytes(pid: number): number {
  const found = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"));
  return Number(found?.[1]) / 1024;
}
