// Runs inside a pod for as long as the pod lives and does over IPC what would otherwise cost a process each time.
// Plain JavaScript, since the oldest supported Node.js runs no TypeScript.
import { readFile } from "node:fs/promises";
import { request } from "node:http";
import { connect } from "node:net";

function httpRequest({ host, port, path, method, headers, body, timeoutMs }) {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const call = request({ host, port, path, method, headers, agent: false, signal }, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode,
          headers: response.headers,
          body: Buffer.concat(chunks).toString("utf8"),
        }),
      );
    });
    call.on("error", reject);
    call.end(body);
  });
}

function tcpConnect({ host, port, timeoutMs }) {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    const settle = (outcome) => {
      socket.destroy();
      resolve(outcome);
    };
    socket.on("connect", () => settle("ok"));
    socket.on("timeout", () => settle("timeout"));
    socket.on("error", (error) => settle(error.code));
  });
}

const operations = {
  http: httpRequest,
  connect: tcpConnect,
  read: ({ path }) => readFile(path, "utf8"),
};

process.on("message", async ({ id, operation, options }) => {
  try {
    process.send({ id, value: await operations[operation](options) });
  } catch (error) {
    process.send({ id, error: { message: error.message, code: error.code ?? error.name } });
  }
});
process.on("disconnect", () => process.exit());
process.send({ id: 0, value: "up" });
