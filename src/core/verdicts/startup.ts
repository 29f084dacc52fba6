import type { VerdictEntry } from "./entry.ts";

export const READY_CODES = {
  READY: {
    means: "The target answers and says that it is ready; a TCP target accepts the connection.",
    told: "On one of the addresses that the target's host stands for, the latest look got the server's own yes: HTTP 2xx, `ready` (or `live`) true, `SERVING`, or a completed TCP connect. Until the gate first opens, every model of `GATE_MODELS` has said the same.",
    alike:
      "This is the target's word, not the gate's: under `GATE_OPEN_ON=live` the gate opens beside `NOT_READY`, and one target that is not ready keeps it closed beside any number of these. MLServer without a model says that it is ready, too: where a model must be there, name it in `GATE_MODELS`.",
    remedy:
      "Nothing to do here. A client that still reports a refusal is waiting out its own reconnect back-off, or dials another address than the target's: compare the address in its log.",
  },
} as const satisfies Record<string, VerdictEntry>;

export const SLOW_STARTUP_CODES = {
  NOT_LISTENING: {
    means: "No socket listens on the port yet, and nothing shows that a rule stands in the way.",
    told: "The connect is refused, and the kernel's tables of sockets (`/proc/net/tcp`, `/proc/net/tcp6`) hold no LISTEN row for the port, now or since the gate began to watch. `refusedBy` says `kernel` where the counters prove that the kernel's own TCP refused, and `unknown` where other traffic hides it or this kernel does not count.",
    alike:
      "A wrong port looks the same, which is why the evidence lists the ports that do listen. To a client a rule looks the same as well, to the tenth of a millisecond: the counters tell it apart, before any server is there (`REJECTED`). A port that was bound before is `STOPPED_LISTENING`, one that is still not bound when the start-up budget ends `NEVER_LISTENED`.",
    remedy:
      "Wait: the server has not opened its port; `kubectl logs POD -c SERVER` says how far it got. If it says that it runs, compare the ports that `ss -ltn` lists with the server's port settings (MLServer: `MLSERVER_HTTP_PORT`, `MLSERVER_GRPC_PORT`; a `settings.json` beats both).",
  },
  STARTING_UP: {
    means: "The port is bound and accepts connections, but the server has never answered since it was bound.",
    told: "A connect succeeds, the question gets no answer within `GATE_PROBE_TIMEOUT`, and nothing has been answered since this very socket (told by its inode) was bound; or connections of earlier looks still wait to be accepted. Where HTTP/2 SETTINGS came but no answer to the call, the summary says that the event loop is busy.",
    alike:
      "Had the same socket answered before, the same silence would be `HUNG`. A gRPC client reports `DEADLINE_EXCEEDED` here just as it does for dropped packets, but those do not let a connect succeed (`DROPPED`). A process that was stopped before its first answer cannot be told from a busy one.",
    remedy:
      "Wait: the server is busy before it serves, importing or loading a model, and `kubectl logs POD -c SERVER` says with what. If the kubelet kills it first (`kubectl describe pod POD`), raise the `failureThreshold` of its startup probe.",
  },
  NOT_READY: {
    means: "The server answers, and says that it is not ready.",
    told: "The server's own word: HTTP 400 or 503, `ready=false` (on the wire an empty message), or `NOT_SERVING`. Or the server is ready and a model of `GATE_MODELS` is not.",
    alike:
      "Any other 5xx is `ERRORING`, a path or model that does not exist `NO_SUCH_ENDPOINT`. A model that is loading and one that failed to load look the same from outside: only the server's own list of models tells them apart.",
    remedy:
      "Wait for the models. If it stays so, ask for their states, `curl -s -H 'Content-Type: application/json' -d '{}' http://127.0.0.1:9000/v2/repository/index`, and read the server's log: a model that failed to load can keep it not ready for ever.",
  },
} as const satisfies Record<string, VerdictEntry>;
