/** Classes of verdicts, worst first: the gate's verdict is that of its worst required target. */
export const VERDICT_CLASSES = [
  "network-block",
  "misconfiguration",
  "server-fault",
  "unknown",
  "slow-startup",
  "ready",
] as const;

export type VerdictClass = (typeof VERDICT_CLASSES)[number];

interface VerdictEntry {
  readonly class: VerdictClass;
  /** What the code means, in one sentence. */
  readonly means: string;
  /** What a person can do next. */
  readonly remedy: string;
}

/**
 * Every verdict code that may be published. A code keeps its meaning once it is out; the order settles ties between
 * codes of one class.
 */
export const VERDICTS = {
  READY: {
    class: "ready",
    means: "The target answers and says that it is ready.",
    remedy: "Nothing to do.",
  },
  NOT_LISTENING: {
    class: "slow-startup",
    means: "No socket listens on the port yet, and nothing shows that a rule stands in the way.",
    remedy:
      "Wait: the server has not opened its port yet. If another port is listed as listening, compare the server's port setting with the target's.",
  },
  STARTING_UP: {
    class: "slow-startup",
    means: "The port is bound and accepts connections, but the server has never answered since it was bound.",
    remedy:
      "Wait: the server is busy before it serves, as when it imports or loads a model. Its log says what it is doing.",
  },
  NOT_READY: {
    class: "slow-startup",
    means: "The server answers and says that it is not ready.",
    remedy:
      "Wait for the model to load. If it stays so, ask the server for its models' states (POST /v2/repository/index) and read its log: a model that failed to load can keep it not ready for ever.",
  },
  REJECTED: {
    class: "network-block",
    means: "A rule, not the kernel's own TCP, refuses the connection.",
    remedy:
      "Find the rule in the pod's network namespace (nft list ruleset, iptables-save) and exclude the port from it.",
  },
  DROPPED: {
    class: "network-block",
    means: "The connection attempt vanishes: no answer comes back at all.",
    remedy:
      "Find the rule in the pod's network namespace (nft list ruleset, iptables-save) that drops the port's packets.",
  },
  UNREACHABLE: {
    class: "network-block",
    means: "There is no route to the address, or a rule says that it is prohibited.",
    remedy: "Look at the routes and rules of the pod's network namespace (ip route show table all, ip rule).",
  },
  DENIED: {
    class: "network-block",
    means: "The kernel forbids the connect itself: a cgroup program, seccomp or a security module.",
    remedy: "Ask who runs the node's security agent; list attached programs with bpftool cgroup tree.",
  },
  INTERCEPTED: {
    class: "network-block",
    means: "Something other than the listening socket answers or refuses the connection.",
    remedy: "Look for a redirect (nft list ruleset, a mesh's init container) and exclude the port from it.",
  },
  LOOPBACK_DOWN: {
    class: "network-block",
    means: "Not even the gate's own listener can be reached over loopback.",
    remedy: "The pod's sandbox is broken (ip link show lo): delete the pod so that a new one is made.",
  },
  BOUND_ELSEWHERE: {
    class: "misconfiguration",
    means: "The server listens, but on addresses that the target's address does not reach.",
    remedy:
      "Let the server listen on all addresses (MLSERVER_HOST=0.0.0.0), or name the address that it listens on in the target.",
  },
  WRONG_PROTOCOL: {
    class: "misconfiguration",
    means: "Something answers, but not in the target's protocol.",
    remedy: "Compare the ports: the HTTP and the gRPC port may be swapped, or another program has the port.",
  },
  TLS_MISMATCH: {
    class: "misconfiguration",
    means: "TLS is spoken on one side only, or the certificate does not verify.",
    remedy:
      "Use https:// or grpcs:// exactly where the server speaks TLS, and name the authority with ?ca= and ?servername=.",
  },
  NO_SUCH_ENDPOINT: {
    class: "misconfiguration",
    means: "The server answers, but does not have the asked path or service.",
    remedy:
      "Correct the target's path or service; for a server without the Open Inference Protocol name its own health endpoint.",
  },
  NAME_UNRESOLVED: {
    class: "misconfiguration",
    means: "The target's host name does not resolve.",
    remedy:
      "Use the literal 127.0.0.1 for a server in the same pod; for another host check the name and the pod's DNS.",
  },
  HUNG: {
    class: "server-fault",
    means: "The server had answered from this socket before and still accepts, but no longer answers in time.",
    remedy: "Read the server's log: its event loop is blocked (a model being imported) or the process is stopped.",
  },
  BACKLOG_FULL: {
    class: "server-fault",
    means: "Connections time out because the listening socket's accept queue is full.",
    remedy: "The server does not accept: it is blocked, stopped or overloaded. Read its log and look at its CPU time.",
  },
  RESET: {
    class: "server-fault",
    means: "The server accepts the connection, then closes or resets it before an answer.",
    remedy:
      "Read the server's log; a server that expects TLS, or a proxy without its upstream, looks like this as well.",
  },
  ERRORING: {
    class: "server-fault",
    means: "The server answers with an error.",
    remedy: "Read the server's log for the error that the evidence shows.",
  },
  STOPPED_LISTENING: {
    class: "server-fault",
    means: "The server was listening, and now is not.",
    remedy: "The process ended or closed its port: kubectl logs --previous, and the exit code in kubectl describe pod.",
  },
  NEVER_LISTENED: {
    class: "server-fault",
    means: "Past the start-up budget nothing has ever bound the port.",
    remedy:
      "Look for a crash before the bind: kubectl get pod (restarts), kubectl logs --previous. If the start is merely slow, raise GATE_STARTUP_BUDGET and the server's startup probe.",
  },
  RESTARTING: {
    class: "server-fault",
    means: "The listening socket was replaced again and again: a crash loop.",
    remedy: "Read why the server ends: its last log by kubectl logs --previous, its exit code by kubectl describe pod.",
  },
  REMOTE_UNREACHABLE: {
    class: "unknown",
    means: "The target's address is not in this network namespace and does not answer.",
    remedy:
      "Check the other side: its pods and endpoints (a Service without endpoints refuses), NetworkPolicies on both sides, DNS.",
  },
  LOCAL_LIMIT: {
    class: "unknown",
    means: "The gate itself could not look.",
    remedy: "Raise the gate's own limit that the evidence names (file descriptors, ephemeral ports).",
  },
  UNKNOWN: {
    class: "unknown",
    means: "The evidence does not decide.",
    remedy: "Read the evidence lines; they list what was seen at each layer.",
  },
} as const satisfies Record<string, VerdictEntry>;

export type VerdictCode = keyof typeof VERDICTS;

const CODE_ORDER = new Map(Object.keys(VERDICTS).map((code, index) => [code, index]));

/** The class of a code. */
export function classOf(code: VerdictCode): VerdictClass {
  return VERDICTS[code].class;
}

/** Sorts worse codes first: by class, then by the order of the table. */
export function compareCodes(a: VerdictCode, b: VerdictCode): number {
  const byClass = VERDICT_CLASSES.indexOf(classOf(a)) - VERDICT_CLASSES.indexOf(classOf(b));
  return byClass !== 0 ? byClass : (CODE_ORDER.get(a) ?? 0) - (CODE_ORDER.get(b) ?? 0);
}
