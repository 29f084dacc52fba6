import { POD_ADDRESS } from "../addresses.ts";
import { python } from "../needs.ts";
import { sysctl } from "../rules.ts";
import { type ScenarioGroup, soon } from "../scenario.ts";
import { program, raw, signal, standIn, tell } from "../servers.ts";

function answerOn(host: string, more = {}) {
  return raw({ does: "answer", host, port: 9000, ...more });
}

/** A server of Python, since Node.js cannot bind to a device (SO_BINDTODEVICE, socket(7)). */
function listenOnDevice(host: "0.0.0.0" | "::") {
  const script = `
import socket, signal
server = socket.socket(socket.${host === "::" ? "AF_INET6" : "AF_INET"})
server.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"eth0")
server.bind(("${host}", 9000))
server.listen()
print("up", flush=True)
signal.pause()`;
  return program(["python3", "-c", script], "server");
}

const HTTP_6 = ["http=http://[::1]:9000/v2/health/live"];
/** What the kubelet writes to `/etc/hosts`. */
const HOSTS_OF_KUBERNETES = "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n";
const LOCALHOST = ["http=http://localhost:9000/v2/health/live"];

/** Servers that are bound in every form, and targets that ask for them. */
export const ADDRESSES: ScenarioGroup = {
  title: "Addresses",
  scenarios: [
    { name: "bound on 0.0.0.0", stages: [soon("READY", answerOn("0.0.0.0"))] },
    { name: "bound on ::, both families", stages: [soon("READY", answerOn("::"))] },
    { name: "bound on ::ffff:127.0.0.1 (v4-mapped)", stages: [soon("READY", answerOn("::ffff:127.0.0.1"))] },
    { name: "bound on :: for IPv6 alone", stages: [soon("BOUND_ELSEWHERE", answerOn("::", { ipv6Only: true }))] },
    {
      name: "bound on :: for IPv6 alone, asked at ::ffff:127.0.0.1 (v4-mapped)",
      targets: ["http=http://[::ffff:127.0.0.1]:9000/v2/health/live"],
      stages: [soon("BOUND_ELSEWHERE", answerOn("::", { ipv6Only: true }))],
    },
    {
      name: "bound on 0.0.0.0 for eth0 alone",
      needs: [python],
      stages: [soon("BOUND_ELSEWHERE", listenOnDevice("0.0.0.0"))],
    },
    {
      name: "bound on :: for eth0 alone",
      needs: [python],
      stages: [soon("BOUND_ELSEWHERE", listenOnDevice("::"))],
    },
    {
      name: "bound on ::1; then started again on 127.0.0.1",
      mayPass: ["server-fault"],
      stages: [
        soon("BOUND_ELSEWHERE", answerOn("::1")),
        soon("READY", signal("server", "SIGKILL"), answerOn("127.0.0.1")),
      ],
    },
    { name: "bound on 127.0.0.2", stages: [soon("BOUND_ELSEWHERE", answerOn("127.0.0.2"))] },
    { name: "bound on the pod's own address", stages: [soon("BOUND_ELSEWHERE", answerOn(POD_ADDRESS))] },
    {
      name: "bound on 127.0.0.1, asked at the pod's own address",
      targets: [`http=http://${POD_ADDRESS}:9000/v2/health/live`],
      stages: [soon("BOUND_ELSEWHERE", standIn())],
    },
    {
      name: "bound on 0.0.0.0, asked at ::1",
      targets: HTTP_6,
      stages: [soon("BOUND_ELSEWHERE", answerOn("0.0.0.0"))],
    },
    {
      name: "bound on ::1, asked at localhost",
      targets: LOCALHOST,
      run: { hosts: HOSTS_OF_KUBERNETES },
      stages: [soon("READY", answerOn("::1"))],
    },
    {
      name: "bound late on 127.0.0.1, asked at localhost",
      targets: LOCALHOST,
      run: { hosts: HOSTS_OF_KUBERNETES },
      stages: [soon("NOT_LISTENING", standIn({ bindAfterMs: null })), soon("READY", tell({ advance: true }))],
    },
    {
      name: "bound late on 127.0.0.1 with IPv6 off, asked at localhost",
      targets: LOCALHOST,
      run: { hosts: HOSTS_OF_KUBERNETES },
      stages: [
        soon("NOT_LISTENING", sysctl("net.ipv6.conf.all.disable_ipv6", "1"), standIn({ bindAfterMs: null })),
        soon("READY", tell({ advance: true })),
      ],
    },
    {
      name: "IPv6 off, asked at ::1",
      targets: HTTP_6,
      stages: [soon("BOUND_ELSEWHERE", sysctl("net.ipv6.conf.all.disable_ipv6", "1"), answerOn("0.0.0.0"))],
    },
    {
      name: "the wrong port: the server listens on 8080",
      stages: [
        soon("NOT_LISTENING", raw({ does: "answer", host: "0.0.0.0", port: 8080 })),
        soon("READY", signal("server", "SIGKILL"), answerOn("0.0.0.0")),
      ],
    },
    {
      name: "a port of the ephemeral range, before the bind and after",
      stages: [
        soon("NOT_LISTENING", sysctl("net.ipv4.ip_local_port_range", "8000 60999"), standIn({ bindAfterMs: null })),
        soon("READY", tell({ advance: true })),
      ],
    },
  ],
};
