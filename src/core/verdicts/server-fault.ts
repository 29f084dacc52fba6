import type { VerdictEntry } from "./entry.ts";

export const SERVER_FAULT_CODES = {
  HUNG: {
    means: "The server had answered from this socket before and still accepts, but no longer answers in time.",
    told: "A connect succeeds, the question gets no answer within `GATE_PROBE_TIMEOUT`, and this very socket, by its inode, has answered before. Once the gate has been open it takes `GATE_FAILURE_THRESHOLD` such looks in a row.",
    alike:
      "Without an answer before it is `STARTING_UP`. When it lasts, the accept queue fills and connects time out: `BACKLOG_FULL`. A stalled gate would see the same silence, so looks during which the gate itself was late are not counted.",
    remedy:
      "Read `kubectl logs POD -c SERVER`: the event loop is blocked (as by the import of a model) or the process is stopped. If it is only busy for long, raise `timeoutSeconds` and `failureThreshold` of its liveness probe, whose defaults kill it after about 30 s.",
  },
  BACKLOG_FULL: {
    means: "Connections time out because the listening socket's accept queue is full.",
    told: "Connects time out while the LISTEN row shows connections that wait (`rx_queue`) and the kernel counts those that found no room (`TcpExt: ListenOverflows`, `ListenDrops`), and the canary answers.",
    alike:
      "A rule that drops packets times out as well, but moves none of these: `DROPPED`. While the queue still has room a connect succeeds and stays silent: `STARTING_UP` or `HUNG`.",
    remedy:
      "The server does not accept: it is blocked, stopped or overloaded. `ss -ltn` shows the queue and its limit (Recv-Q, Send-Q), `nstat -az TcpExtListenOverflows` whether it still overflows; read the server's log and `kubectl top pod POD --containers`.",
  },
  RESET: {
    means: "The server accepts the connection, then closes or resets it before an answer.",
    told: "A connect succeeds, and the connection ends by a FIN or a reset before any part of an answer came. Where the target is plain, a greeting in TLS has been tried too and was not answered by TLS.",
    alike:
      "A server that expects TLS does the same on plain connections, but answers the TLS greeting: `TLS_MISMATCH`. A mesh's proxy that cannot reach its server does the same for good: the uid of the listening socket's owner in the evidence tells whose it is.",
    remedy:
      "Read `kubectl logs POD -c SERVER` for why it ends connections: a shutdown under way, a limit of connections, a crash in the handler. If the port is a proxy's, look for its upstream.",
  },
  ERRORING: {
    means: "The server answers with an error.",
    told: "HTTP 5xx other than 503, reply headers of more than 64 KiB, or a gRPC status that is an error, such as `INTERNAL` or `UNKNOWN`.",
    alike:
      "HTTP 400 and 503 are how servers say `NOT_READY`; 404, 405 and `UNIMPLEMENTED` are `NO_SUCH_ENDPOINT`. An error may be a proxy's: the `server` header of `curl -si` tells.",
    remedy:
      "Look up the code and words that the evidence quotes in `kubectl logs POD -c SERVER`, and ask yourself with `curl -si http://127.0.0.1:9000/v2/health/ready`.",
  },
  STOPPED_LISTENING: {
    means: "The server was listening, and now is not.",
    told: "The port has been seen bound since the gate began to watch, the LISTEN tables now have no row for it, and the connect is refused. Once the gate has been open it takes `GATE_FAILURE_THRESHOLD` such looks in a row.",
    alike:
      "Every restart passes through this; a new inode on the port counts as a restart, and three make it `RESTARTING`. An exit, a kill by the kubelet and one for memory look the same from here. A pod that is shutting down looks like this by right (MLServer closes gRPC before HTTP).",
    remedy:
      "The process ended or closed its port: `kubectl describe pod POD` has the exit code and the reason (Error, OOMKilled, a failed probe), and `kubectl logs POD -c SERVER --previous` its last words.",
  },
  NEVER_LISTENED: {
    means: "Past the start-up budget nothing has ever bound the port.",
    told: "More than `GATE_STARTUP_BUDGET` has passed since the gate began to watch, no LISTEN row of the port has ever been seen, no connect has ever succeeded, and connects are refused with nothing that shows a rule.",
    alike:
      "A crash before the bind and a start that is slower than the budget look the same: the gate sees sockets, not processes. So does a wrong port (the evidence lists the ports that listen), and a server that could not bind: MLServer may go on over HTTP with gRPC dead and `Failed to bind to address` in its log.",
    remedy:
      "Look for a crash before the bind: `kubectl get pod POD` (restarts), `kubectl logs --previous POD -c SERVER`. If the start is merely slow, raise `GATE_STARTUP_BUDGET` and the server's startup probe.",
  },
  RESTARTING: {
    means: "The listening socket was replaced again and again: a crash loop.",
    told: "The port was bound anew, by a socket with another inode, at least 3 times without 10 minutes of rest between. Sockets that share the port at one time (SO_REUSEPORT) count as one set. It goes before `STOPPED_LISTENING`, `NOT_LISTENING`, `STARTING_UP` and `NOT_READY`.",
    alike:
      "A process that crashes before it binds leaves no socket to count: `NEVER_LISTENED`. A server that closes and opens its port by itself, without ending, is counted too: `kubectl get pod POD` tells, since its restarts then stay the same.",
    remedy:
      "Read why the server ends: `kubectl logs POD -c SERVER --previous`, and the exit code and reason under Last State in `kubectl describe pod POD`. If a probe killed it, the events at the end say which.",
  },
} as const satisfies Record<string, VerdictEntry>;
