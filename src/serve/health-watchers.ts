import type { ServerWritableStream } from "@grpc/grpc-js";
import type { HealthCheckRequest, HealthCheckResponse, ServingStatus } from "../proto/services.ts";
import { healthOf } from "./health-status.ts";
import type { GateView } from "./view.ts";

/** One call of `Watch`. */
export type WatchCall = ServerWritableStream<HealthCheckRequest, HealthCheckResponse>;

/** The open calls of `Watch`. */
export interface HealthWatchers {
  isFull(): boolean;
  /** Sends the status now, and each change from then on. */
  add(call: WatchCall): void;
  /** Stops watching; the calls themselves are ended by `end`. */
  close(end: (call: WatchCall) => void): void;
}

const MAX_WATCHERS = 64;
/** A watcher that is stuck makes no transition, so its staleness has to be looked for. */
const STALENESS_CHECK_MS = 1_000;

/** Keeps the calls of `Watch` told: at each transition, and of staleness once a second. */
export function createHealthWatchers(view: GateView): HealthWatchers {
  const tellers = new Map<WatchCall, () => void>();
  let stopChecks: (() => void) | null = null;

  const tellAll = (): void => {
    for (const tell of tellers.values()) tell();
  };
  const check = (): void => {
    tellAll();
    stopChecks = tellers.size > 0 ? view.clock.after(STALENESS_CHECK_MS, check) : null;
  };
  const remove = (call: WatchCall): void => {
    tellers.delete(call);
    if (tellers.size > 0) return;
    stopChecks?.();
    stopChecks = null;
  };
  const unsubscribe = view.subscribe(tellAll);

  return {
    isFull: () => tellers.size >= MAX_WATCHERS,
    add: (call) => {
      const tell = teller(call, view);
      tellers.set(call, tell);
      for (const event of ["cancelled", "error", "close", "finish"]) call.once(event, () => remove(call));
      tell();
      stopChecks ??= view.clock.after(STALENESS_CHECK_MS, check);
    },
    close: (end) => {
      unsubscribe();
      for (const call of [...tellers.keys()]) {
        remove(call);
        end(call);
      }
    },
  };
}

/** Tells one call what is new to it. While it does not read, only the latest status waits for it. */
function teller(call: WatchCall, view: GateView): () => void {
  let told: ServingStatus | null = null;
  const tell = (): void => {
    const status = healthOf(call.request.service, view.state(), view.clock.now()) ?? "SERVICE_UNKNOWN";
    if (status === told || call.writableNeedDrain) return;
    told = status;
    call.write({ status });
  };
  call.on("drain", tell);
  return tell;
}
