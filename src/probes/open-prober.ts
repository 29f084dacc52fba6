import type { Target } from "../core/target.ts";
import { openGrpcProber } from "./grpc.ts";
import { openHttpProber } from "./http.ts";
import type { Prober } from "./prober.ts";
import { openTcpProber } from "./tcp.ts";

/** What {@link openProber} needs. */
export interface ProberOptions {
  readonly target: Target;
  /** The IP address to ask, one that the target's host stands for or another of the pod. */
  readonly address: string;
  /** Version of this program, for `User-Agent`. */
  readonly version: string;
}

/** The prober that speaks a target's protocol. It opens nothing before it is asked. */
export function openProber({ target, address, version }: ProberOptions): Prober {
  switch (target.scheme) {
    case "http":
    case "https":
      return openHttpProber({ target, address, version });
    case "grpc":
    case "grpcs":
      return openGrpcProber(target, address);
    case "tcp":
      return openTcpProber({ address, port: target.port });
  }
}
