import type { VerdictEntry } from "./entry.ts";

export const MISCONFIGURATION_CODES = {
  BOUND_ELSEWHERE: {
    means: "The server listens, but on addresses that the target's address does not reach.",
    told: "The connect is refused, and the LISTEN rows of the port name other addresses only: the pod's own, `::1`, another address of 127.0.0.0/8. Or a row covers the address, and the kernel itself refuses (seen twice, as for `INTERCEPTED`) where no connection is tracked, so that no nat rule exists: a `::` that takes no IPv4, or a socket bound to a device (`SO_BINDTODEVICE`). Or the target's address does not exist here, as `::1` where IPv6 is off.",
    alike:
      "With a row that does cover the address a refusal is a rule (`REJECTED`) or a redirect (`INTERCEPTED`). In `/proc/net/tcp6` an IPv6-only `::` looks like a dual-stack one; `ss -ltn` writes them as `[::]:PORT` and `*:PORT`, and one bound to a device as `0.0.0.0%eth0:PORT`. What sends connections elsewhere without tracking them (eBPF, rules that rewrite the port of each packet) looks the same.",
    remedy:
      "Let the server listen on all addresses (MLServer: `MLSERVER_HOST=0.0.0.0`, its default), or name the address that the evidence shows in the target (`GATE_HOST`, `GATE_TARGETS`). `ss -ltn` in the pod shows what is bound where.",
  },
  WRONG_PROTOCOL: {
    means: "Something answers, but not in the target's protocol.",
    told: "The connection is accepted, and the first bytes that come back belong to another protocol: HTTP/2 frames where HTTP/1.1 was asked, an HTTP/1.1 reply or text of another kind where gRPC was asked, or HTTP/2 that is not gRPC.",
    alike:
      "Bytes of TLS are `TLS_MISMATCH`, no bytes at all `RESET`. Another program that got the port first looks like this too: the evidence has the uid of the socket's owner, and `ss -ltnp` names the program.",
    remedy:
      "Compare the target's ports with the server's: swapped HTTP and gRPC ports look like this (Seldon 9000 and 9500, MLServer 8080 and 8081, Triton 8000 and 8001). `curl -si http://127.0.0.1:9000/v2` shows who answers.",
  },
  TLS_MISMATCH: {
    means: "TLS is spoken on one side only, or the certificate does not verify.",
    told: "A plain target whose server answers with TLS, or completes a TLS handshake after it has ended plain connections without a word; or a target with TLS whose handshake fails: no TLS at the other end, an unknown authority, another name, a certificate out of date, an authority's file that cannot be read. The evidence has the code.",
    alike:
      "A server with TLS ends a plain connection without a byte, like a server that ends every connection (`RESET`): a handshake of the gate's own tells. TLS that verifies but offers no HTTP/2 is `WRONG_PROTOCOL`.",
    remedy:
      "Use `https://` or `grpcs://` exactly where the server speaks TLS, with `?ca=FILE` and `?servername=NAME` for an authority and a name of your own. `openssl s_client -connect 127.0.0.1:9500 -alpn h2 </dev/null` shows the certificate, or that there is none.",
  },
  NO_SUCH_ENDPOINT: {
    means: "The server answers, but does not have the asked path or service.",
    told: "HTTP 404 or 405; gRPC `UNIMPLEMENTED` from every service that was asked; or a health service that does not know the asked name (`SERVICE_UNKNOWN`, `NOT_FOUND`).",
    alike:
      "The server is up, and neither slow nor blocked. A 404 may be a proxy's: the `server` header of `curl -si` tells. MLServer has no grpc.health.v1 service, so the kubelet's `grpc` probes and grpc_health_probe fail against it for ever, however ready it is.",
    remedy:
      "Correct the target's path or service. Without a path a `grpc://` target asks the Open Inference Protocol and then grpc.health.v1; for a server with neither use its own health path over HTTP, or `tcp://`.",
  },
  NAME_UNRESOLVED: {
    means: "The target's host name does not resolve.",
    told: "Looking up the host failed (ENOTFOUND, EAI_AGAIN), gave no address, or took longer than the look may last.",
    alike:
      "A name that resolves to an address elsewhere that does not answer is `REMOTE_UNREACHABLE`. `localhost` stands in the pod's `/etc/hosts` and needs no DNS.",
    remedy:
      "Write the literal 127.0.0.1 for a server in the same pod: neither DNS nor `dnsPolicy` plays a part then. For another host try `getent ahosts NAME` and read `/etc/resolv.conf` in the pod.",
  },
} as const satisfies Record<string, VerdictEntry>;
