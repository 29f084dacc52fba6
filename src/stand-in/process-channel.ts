import process from "node:process";
import type { StandInChannel } from "./child.ts";

/**
 * This process's own IPC channel.
 *
 * SIGTERM keeps its default action, so that it ends the process in the middle of a blocked loop too. SIGINT is ignored:
 * a terminal's Ctrl-C reaches the whole group, and it is for the parent to end its stand-in.
 *
 * @throws Error when the process was not forked.
 */
export function processChannel(): StandInChannel {
  if (process.send === undefined) {
    throw new Error("The stand-in runs only as a child process with an IPC channel");
  }
  process.on("SIGINT", () => undefined);
  return {
    // Without a callback a failed send would be an "error" event; a parent that is gone is told by "disconnect".
    send: (report) => process.send?.(report, undefined, undefined, () => undefined),
    onMessage: (listener) => process.on("message", listener),
    onDisconnect: (listener) => process.on("disconnect", listener),
    close: () => {
      if (process.connected) {
        process.disconnect();
      }
    },
  };
}
