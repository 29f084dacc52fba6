import { type IncomingHttpHeaders, type RequestOptions, request } from "node:http";

/** What came back. */
export interface HttpReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Asks over a connection of its own; rejects when no whole answer comes. */
export async function ask(port: number, path: string, options: RequestOptions = {}): Promise<HttpReply> {
  return await new Promise((resolve, reject) => {
    const asking = request({ host: "127.0.0.1", port, path, agent: false, ...options }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", reject);
      response.on("end", () => {
        const body = Buffer.concat(parts).toString();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
      });
    });
    asking.on("error", reject);
    asking.end();
  });
}
