// Servers and clients that no stand-in is, in plain JavaScript since they run in a pod of their own:
// node raw-server.mjs '{"does":"answer","port":9000,…}' prints "up" once it is under way.
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { connect, createServer } from "node:net";

const plan = JSON.parse(process.argv[2]);
const up = () => process.stdout.write("up\n");

/** Answers every request; over TLS where the plan has a certificate. */
function answer({ status = 200, cert, key, ...where }) {
  const handle = (_request, response) => response.writeHead(status, { location: "/elsewhere" }).end();
  const server = cert === undefined ? createHttpServer(handle) : createHttpsServer({ cert, key }, handle);
  server.listen(where, up);
}

/** Listens and accepts, and says nothing; ends by itself after `forMs`, where the plan says so. */
function listen({ forMs, ...where }) {
  createServer().listen(where, up);
  if (forMs !== undefined) setTimeout(() => process.exit(1), forMs);
}

/** Binds and closes its port all the time. */
function rebind({ openMs, closedMs, ...where }) {
  const open = () => {
    const server = createServer((socket) => socket.destroy());
    server.listen(where, () => {
      up();
      setTimeout(() => server.close(() => setTimeout(open, closedMs)), openMs);
    });
  };
  open();
}

/** Opens connections and keeps them. */
function fill({ host, port, count }) {
  let settled = 0;
  for (let index = 0; index < count; index += 1) {
    const socket = connect({ host, port });
    const settle = () => {
      settled += 1;
      if (settled === count) up();
    };
    socket.once("connect", settle);
    socket.once("error", settle);
    // One beyond the queue's length never settles.
    setTimeout(settle, 500).unref();
  }
}

/** Connects so many times a second, half of them to a port that is closed and half to a listener of its own. */
function noise({ perSecond, host = "127.0.0.1", closedPort = 7001, openPort = 7000 }) {
  const stepMs = 10;
  let owed = 0;
  let made = 0;
  const knock = () => {
    made += 1;
    const socket = connect({ host, port: made % 2 === 0 ? closedPort : openPort }, () => socket.end());
    socket.on("error", () => socket.destroy());
    socket.resume();
  };
  createServer((socket) => socket.on("error", () => socket.destroy()).end()).listen(openPort, host, () => {
    up();
    let last = performance.now();
    setInterval(() => {
      const now = performance.now();
      owed = Math.min(owed + ((now - last) * perSecond) / 1000, perSecond / 10 + 1);
      last = now;
      for (; owed >= 1; owed -= 1) knock();
    }, stepMs);
  });
}

const behaviours = { answer, listen, rebind, fill, noise };
const { does, ...options } = plan;
behaviours[does](options);
