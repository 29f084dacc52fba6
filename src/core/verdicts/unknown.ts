import type { VerdictEntry } from "./entry.ts";

export const UNKNOWN_CODES = {
  REMOTE_UNREACHABLE: {
    means: "The target's address is not in this network namespace and does not answer.",
    told: "The address belongs to no interface of the pod, and the connect was refused, timed out or found no route. The tables and counters of this namespace say nothing about the way there, so no cause is claimed.",
    alike:
      "A Service without endpoints is refused at once by kube-proxy's rule; a NetworkPolicy drops or refuses, as the CNI does it; a dead node times out; a server that is not up yet is refused by its own kernel. From this end they cannot be told apart.",
    remedy:
      "Look at the other end: `kubectl get endpointslices -l kubernetes.io/service-name=SERVICE`, `kubectl get pods -o wide`, `kubectl get networkpolicies -A`, and `readiness-gate diagnose` in the target's own pod. A server in this pod is reached at 127.0.0.1 (`GATE_HOST`).",
  },
  LOCAL_LIMIT: {
    means: "The gate itself could not look.",
    told: "The attempt failed before it left: no file descriptor (EMFILE, ENFILE), no free port to connect from (EADDRNOTAVAIL towards 127.0.0.1), or no access to something that the gate must read.",
    alike:
      "EADDRNOTAVAIL towards ::1 means that IPv6 is off: `BOUND_ELSEWHERE`. Ports are shared by the whole pod, so clients in other containers then fail in the same way, while the server is well.",
    remedy:
      "Raise the limit that the evidence names. File descriptors: `grep 'open files' /proc/1/limits` in the gate's container. Ports: compare `ss -Htan | wc -l` with `sysctl net.ipv4.ip_local_port_range`, and find the client that opens a connection for each call.",
  },
  UNKNOWN: {
    means: "The evidence does not decide.",
    told: "No rule of the table applies: what was seen fits more than one cause, or the proof for one is not complete (the bursts disagree, the control failed, noise hides the counters), or the server gave an HTTP answer that says neither ready nor not ready (301, 401, 429). Also the verdict before the first look.",
    alike: "Anything: that is why nothing is claimed. The evidence lists what was seen, from the lowest layer up.",
    remedy:
      "Read the evidence lines. A thorough look gathers more: `kubectl debug -it POD --profile=restricted --image=IMAGE -- readiness-gate diagnose`.",
  },
} as const satisfies Record<string, VerdictEntry>;
