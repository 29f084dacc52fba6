import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { runProgram } from "../support/gate-process.ts";
import { type Manifest, render, skipWithoutHelm } from "./helm.ts";

skipWithoutHelm();

/** A gate as `helm test` sees one: `/readyz` answers with a status and nothing else is there. */
async function readyzOfTest(status: number): Promise<string> {
  const server = createServer((request, response) => {
    response.writeHead(request.url === "/readyz" ? status : 404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/readyz`;
}

async function testContainer(test: Manifest, values: Manifest = {}): Promise<Manifest> {
  const documents = await render({ values: { ...values, test } });
  const pod = documents.find(({ metadata }) => metadata.annotations?.["helm.sh/hook"] === "test");
  expect(pod?.["spec"]).toMatchObject({ restartPolicy: "Never", automountServiceAccountToken: false });
  return pod?.["spec"].containers[0];
}

describe("helm test", () => {
  it("asks the first replica of the Server through the Service that Seldon makes for it", async () => {
    const { args } = await testContainer({}, { server: { name: "mlserver-gated" } });
    expect(args).toContain("gate=http://mlserver-gated-0.seldon-mesh.svc:9020/readyz");
  });

  it("passes when the gate is open", async () => {
    const { args } = await testContainer({ url: await readyzOfTest(200), timeout: "20s" });
    const { code, stdout } = await runProgram(args);
    expect(stdout).toMatch(/ready after/);
    expect(code).toBe(0);
  });

  it("fails with the verdict's exit code, and says why, when it is not", async () => {
    const { args } = await testContainer({ url: await readyzOfTest(503), timeout: "2s" });
    const { code, stdout } = await runProgram(args);
    expect(stdout).toMatch(/not ready after .*: giving up/);
    expect(stdout).toContain("NOT_READY");
    expect(code).toBe(10);
  });

  it("is left out where it is not wanted", async () => {
    expect(await render({ values: { test: { enabled: false } } })).toEqual([]);
  });
});
