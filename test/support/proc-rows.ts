import type { ListeningSocket } from "../../src/core/observation.ts";

/** The heads of both tables, as the kernel prints them (lines of `tcp` are padded to 149 characters, of `tcp6` not). */
export const TCP_HEAD =
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode".padEnd(149);
export const TCP6_HEAD =
  "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";

/** A socket of any state, as its row shows it. */
export interface RowSocket extends ListeningSocket {
  /** `0A` is LISTEN, `01` ESTABLISHED. */
  readonly state?: string;
}

/** A row of `/proc/net/tcp` or `tcp6` as Linux's tcp_ipv4.c and tcp_ipv6.c format it; `bytes` is the bound address. */
export function procRow(slot: number, socket: Omit<RowSocket, "address">, bytes: readonly number[]): string {
  const { port, inode, uid, acceptQueue, state = "0A" } = socket;
  const local = `${wordsOf(bytes)}:${hex(port, 4)}`;
  const remote = `${"0".repeat(bytes.length * 2)}:0000`;
  const queues = `00000000:${hex(acceptQueue, 8)}`;
  const owner = `${String(uid).padStart(5)} ${"0".padStart(8)} ${inode}`;
  const row = `${String(slot).padStart(4)}: ${local} ${remote} ${state} ${queues} 00:00000000 00000000 ${owner} 1 00000000a7e34fd6 100 0 0 10 0`;
  return bytes.length === 4 ? row.padEnd(149) : row;
}

/** A whole table with a head and a line end after each row. */
export function procTable(head: string, rows: readonly string[]): string {
  return [head, ...rows, ""].join("\n");
}

/** Bytes in network order as the 32-bit words that a little-endian kernel prints. */
function wordsOf(bytes: readonly number[]): string {
  const words = Array.from({ length: bytes.length / 4 }, (_, word) => bytes.slice(word * 4, word * 4 + 4));
  return words
    .map((word) =>
      word
        .map((byte) => hex(byte, 2))
        .reverse()
        .join(""),
    )
    .join("");
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, "0");
}
