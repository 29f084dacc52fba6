import { spawn } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createMetrics } from "../../src/record/metrics.ts";
import { startStandIn } from "../../src/stand-in/stand-in.ts";
import { fakeView } from "../support/fake-view.ts";
import { BUNDLE } from "../support/gate-process.ts";
import { answered, failed, listening, look, TARGETS } from "../support/looks.ts";
import { freeLowPort } from "../support/watched-gate.ts";
import type { Scraped } from "./prometheus.ts";

/** A pod for Prometheus to scrape, under a name that says what is the matter with it. */
export interface WatchedPod {
  readonly name: string;
  readonly port: number;
  stop(): Promise<void>;
}

const NAMESPACE = "seldon-mesh";

/** The pods as a PodMonitor would find them. */
export function scrapedAs({ name, port }: WatchedPod): Scraped {
  const labels = { namespace: NAMESPACE, pod: name, container: "readiness-gate" };
  return { address: `127.0.0.1:${port}`, labels };
}

async function gateBeside(name: string, targets: readonly string[]): Promise<WatchedPod> {
  const port = await freeLowPort();
  const flags = ["--listen", `127.0.0.1:${port}`, "--admin-listen", "", "--interval", "500ms"];
  const args = [BUNDLE, "serve", "--preset", "none", ...flags, ...targets.flatMap((one) => ["--target", one])];
  const child = spawn(process.execPath, args, { env: { PATH: process.env["PATH"] }, stdio: "ignore" });
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
  const stop = async () => {
    child.kill("SIGKILL");
    await ended;
  };
  return { name, port, stop };
}

/** A gate whose metrics are those of a block and of restarts, by the looks that would show them: one at each scrape. */
async function recordedBlock(): Promise<WatchedPod> {
  const [view, metrics] = [fakeView({ targets: TARGETS }), createMetrics({ version: "0.1.0", targets: TARGETS })];
  let inode = 0;
  const take = (name: string, seen: ReturnType<typeof look>) => {
    view.look(name, seen);
    metrics.observeLook(name, seen);
  };
  const server = createServer(async (_, response) => {
    view.clock.advance(1_000);
    inode += 1;
    take("grpc", look(failed("refused", { refusedBy: "firewall" })));
    take("grpc", look(failed("denied")));
    take("http", look(answered("ready"), { listen: listening({ inode }) }));
    response.setHeader("content-type", metrics.contentType);
    response.end(await metrics.expose(view.state(), { ipv4: "failed", ipv6: "absent" }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { name: "blocked-0", port: (server.address() as AddressInfo).port, stop };
}

/** Four pods: one ready, one whose server is not there yet, one with the ports the wrong way round, and one blocked. */
export async function startWatchedPods(): Promise<readonly WatchedPod[]> {
  const standIn = await startStandIn({});
  const { http, grpc } = standIn.ports();
  const [nobody, nobodyElse] = [await freeLowPort(), await freeLowPort()];
  const targets = (httpPort: number | null, grpcPort: number | null) => [
    `http=http://127.0.0.1:${httpPort}/v2/health/ready`,
    `grpc=grpc://127.0.0.1:${grpcPort}`,
  ];
  const ready = await gateBeside("ready-0", targets(http, grpc));
  const stopReady = async () => {
    await ready.stop();
    await standIn.close();
  };
  return [
    { ...ready, stop: stopReady },
    await gateBeside("starting-0", targets(nobody, nobodyElse)),
    await gateBeside("swapped-0", targets(grpc, http)),
    await recordedBlock(),
  ];
}
