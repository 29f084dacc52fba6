import { createServer, type Socket } from "node:net";

/** Connections open at once; further ones are closed on arrival. */
const MAX_CONNECTIONS = 1024;

/** Where a door listens. */
export interface DoorAddress {
  readonly host: string;
  /** 0 lets the kernel choose. */
  readonly port: number;
  readonly backlog: number;
}

/**
 * One listening socket whose connections are either served or held in silence. A held connection is served, with
 * whatever it has sent meanwhile, when the door opens: as a server with a blocked event loop does on waking.
 */
export interface FrontDoor {
  /** The bound port; null before `listen` and after `close`. */
  port(): number | null;
  /** Connections accepted so far. */
  connectionsSeen(): number;
  /** Rejects with the bind's error. */
  listen(): Promise<void>;
  /** Serves held and new connections from now on, or holds new ones. */
  setOpen(isOpen: boolean): void;
  /** Closes the connections that are being served; held ones stay. */
  dropServed(): void;
  /** Closes the listening socket and every connection. */
  close(): Promise<void>;
}

/** A closed door; `serve` takes over each connection let in. */
export function createFrontDoor(address: DoorAddress, serve: (socket: Socket) => void): FrontDoor {
  const served = new Set<Socket>();
  const held = new Set<Socket>();
  let isOpen = false;
  let seen = 0;

  const letIn = (socket: Socket) => {
    held.delete(socket);
    served.add(socket);
    serve(socket);
  };
  const server = createServer((socket) => {
    seen += 1;
    // A connection's death is nothing that a stand-in could act on; "close" follows and cleans up.
    socket.on("error", () => undefined);
    socket.on("close", () => {
      served.delete(socket);
      held.delete(socket);
    });
    if (isOpen) {
      letIn(socket);
    } else {
      held.add(socket);
    }
  });
  server.maxConnections = MAX_CONNECTIONS;

  return {
    port: () => {
      const bound = server.address();
      return bound !== null && typeof bound === "object" ? bound.port : null;
    },
    connectionsSeen: () => seen,
    listen: () =>
      new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen(address, () => {
          server.off("error", reject);
          resolve();
        });
      }),
    setOpen: (nowOpen) => {
      isOpen = nowOpen;
      if (isOpen) {
        [...held].forEach(letIn);
      }
    },
    dropServed: () => {
      for (const socket of served) {
        socket.destroy();
      }
    },
    close: () =>
      new Promise((resolve) => {
        // The callback also comes, with an error, when the server never listened.
        server.close(() => resolve());
        for (const socket of [...served, ...held]) {
          socket.destroy();
        }
      }),
  };
}
