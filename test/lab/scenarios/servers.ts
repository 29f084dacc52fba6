import { python } from "../needs.ts";
import { afterTimeout, type Scenario, type ScenarioGroup, type Stage, soon, TWO_FAILURES } from "../scenario.ts";
import { certificate, portIs, program, raw, shell, signal, standIn, tell } from "../servers.ts";

const GRPC = ["grpc=grpc://127.0.0.1:9500"];

/** A server that closes and binds its port all the time fools single looks in every way. */
function rebinding([openMs, closedMs]: readonly number[]): Scenario {
  const stage: Stage = {
    ...afterTimeout("RESTARTING", raw({ does: "rebind", host: "127.0.0.1", port: 9000, openMs, closedMs })),
    steadyLooks: 0,
    watchedLooks: 80,
    hasVaryingFigures: true,
  };
  return {
    name: `the server rebinds all the time: ${openMs} ms bound, ${closedMs} ms not`,
    mayPass: ["server-fault"],
    stages: [stage],
  };
}

/** A server of Python, since Node.js 20 has no SO_REUSEPORT. */
function sharesPort(name: string) {
  const script = `
from http.server import BaseHTTPRequestHandler, HTTPServer
class Ready(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()
class Shared(HTTPServer):
    def server_bind(self):
        self.socket.setsockopt(__import__("socket").SOL_SOCKET, __import__("socket").SO_REUSEPORT, 1)
        super().server_bind()
server = Shared(("127.0.0.1", 9000), Ready)
print("up", flush=True)
server.serve_forever()`;
  return program(["python3", "-c", script], name);
}

/** Servers that start slowly, end, hang, or answer wrongly. */
export const SERVERS: ScenarioGroup = {
  title: "Servers",
  scenarios: [
    {
      name: "a slow start: no port, then silence, then not ready, then ready",
      flags: ["--open-on", "ready"],
      stages: [
        soon("NOT_LISTENING", standIn({ bindAfterMs: null, answerAfterMs: null, readyAfterMs: null })),
        afterTimeout("STARTING_UP", tell({ advance: true })),
        soon("NOT_READY", tell({ advance: true })),
        soon("READY", tell({ advance: true })),
      ],
    },
    {
      name: "the server is killed, and started again",
      stages: [
        soon("READY", standIn()),
        soon("STOPPED_LISTENING", signal("server", "SIGKILL")),
        soon("READY", standIn()),
      ],
    },
    {
      name: "the server dies before it is ready, and is started again",
      stages: [
        afterTimeout("STARTING_UP", standIn({ answerAfterMs: null })),
        soon("STOPPED_LISTENING", signal("server", "SIGKILL")),
        soon("READY", standIn()),
      ],
    },
    {
      name: "the server is stopped (SIGSTOP) after it was ready, and goes on",
      flags: TWO_FAILURES,
      stages: [
        soon("READY", standIn()),
        afterTimeout("HUNG", signal("server", "SIGSTOP")),
        soon("READY", signal("server", "SIGCONT")),
      ],
    },
    {
      name: "the server is stopped (SIGSTOP) before its first answer, then killed",
      stages: [
        afterTimeout("STARTING_UP", standIn({ answerAfterMs: null }), signal("server", "SIGSTOP")),
        soon("STOPPED_LISTENING", signal("server", "SIGKILL")),
      ],
    },
    {
      name: "the event loop is blocked for 8 s after readiness",
      flags: TWO_FAILURES,
      stages: [
        soon("READY", standIn()),
        afterTimeout("HUNG", tell({ block: 8_000 })),
        { ...soon("READY"), withinMs: 8_000 },
      ],
    },
    {
      name: "the server sends its HTTP/2 SETTINGS and answers no call",
      target: "grpc",
      stages: [
        afterTimeout("STARTING_UP", standIn({ grpcFault: "settings-only" })),
        soon("READY", tell({ grpcFault: null })),
      ],
    },
    {
      name: "a crash loop: listens for 200 ms, ends, starts again; then a server that stays",
      mayPass: ["server-fault"],
      stages: [
        {
          ...afterTimeout(
            "RESTARTING",
            shell(
              `while :; do "$1" "$2" '{"does":"listen","host":"127.0.0.1","port":9000,"forMs":200}' >/dev/null; done`,
              "server",
            ),
          ),
          // Where the server is caught alive it closes the connection when it dies: RESET, until it is gone.
          steadyLooks: 0,
          hasVaryingFigures: true,
        },
        soon("READY", signal("server", "SIGKILL"), portIs("free", 9000), standIn({}, "good server")),
      ],
    },
    ...[
      [1, 3],
      [5, 5],
      [20, 20],
      [60, 5],
    ].map(rebinding),
    {
      name: "two servers share the port (SO_REUSEPORT), and one of them ends",
      needs: [python],
      stages: [
        soon("READY", sharesPort("server"), sharesPort("other server")),
        soon("READY", signal("other server", "SIGKILL")),
      ],
    },
    {
      name: "the server never binds within the start-up budget, then does",
      flags: ["--startup-budget", "1s"],
      stages: [soon("NEVER_LISTENED", standIn({ bindAfterMs: null })), soon("READY", tell({ advance: true }))],
    },
    {
      name: "the server resets each connection at its first bytes",
      stages: [soon("RESET", standIn({ httpFault: "reset" })), soon("READY", tell({ httpFault: null }))],
    },
    {
      name: "the server closes each connection at its first bytes",
      target: "grpc",
      stages: [soon("RESET", standIn({ grpcFault: "close" })), soon("READY", tell({ grpcFault: null }))],
    },
    {
      name: "HTTP 503, then 500, then 404",
      stages: [
        soon("NOT_READY", standIn({ httpFault: "status-503" })),
        soon("ERRORING", tell({ httpFault: "status-500" })),
        soon("NO_SUCH_ENDPOINT", tell({ httpFault: "status-404" })),
      ],
    },
    {
      name: "gRPC INTERNAL, then UNIMPLEMENTED",
      target: "grpc",
      stages: [
        soon("ERRORING", standIn({ grpcFault: "internal" })),
        soon("NO_SUCH_ENDPOINT", tell({ grpcFault: "unimplemented" })),
        soon("READY", tell({ grpcFault: null })),
      ],
    },
    {
      name: "HTTP 401 says neither ready nor not; then a server without a password",
      mayPass: ["server-fault"],
      stages: [
        soon("UNKNOWN", raw({ does: "answer", host: "127.0.0.1", port: 9000, status: 401 })),
        soon("READY", signal("server", "SIGKILL"), standIn()),
      ],
    },
    {
      name: "HTTP 301 to a path that answers 200",
      stages: [soon("READY", standIn({ httpFault: "status-301" }))],
    },
    {
      name: "HTTP/1 on the gRPC port",
      target: "grpc",
      stages: [soon("WRONG_PROTOCOL", standIn({ grpcFault: "http1" })), soon("READY", tell({ grpcFault: null }))],
    },
    {
      name: "the two ports are swapped",
      stages: [soon("WRONG_PROTOCOL", standIn({ httpPort: 9500, grpcPort: 9000 }))],
    },
    {
      name: "bytes of no protocol on the gRPC port",
      target: "grpc",
      targets: GRPC,
      stages: [soon("WRONG_PROTOCOL", standIn({ grpcFault: "garbage" }))],
    },
    {
      name: "TLS on the server's side alone, then on neither",
      mayPass: ["server-fault"],
      stages: [
        soon(
          "TLS_MISMATCH",
          certificate((cert) => raw({ does: "answer", host: "127.0.0.1", port: 9000, ...cert })),
        ),
        soon("READY", signal("server", "SIGKILL"), standIn()),
      ],
    },
    {
      name: "TLS on the gate's side alone",
      targets: ["http=https://127.0.0.1:9000/v2/health/live"],
      stages: [soon("TLS_MISMATCH", standIn())],
    },
    {
      name: "a certificate that nobody vouches for",
      targets: ["http=https://localhost:9000/v2/health/live"],
      stages: [
        soon(
          "TLS_MISMATCH",
          certificate((cert) => raw({ does: "answer", host: "127.0.0.1", port: 9000, ...cert })),
        ),
      ],
    },
  ],
};
