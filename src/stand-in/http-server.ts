import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { HttpAnswer, HttpQuestion } from "./http-answers.ts";
import type { Question } from "./side.ts";

/** Passes each request on with the means to answer it. */
export type HttpReceiver = (question: Question) => void;

function questionIn(request: IncomingMessage): HttpQuestion {
  return { method: request.method ?? "", path: (request.url ?? "/").replace(/\?.*$/s, "") };
}

function send(response: ServerResponse, answer: HttpAnswer): void {
  response.writeHead(answer.status, { ...answer.headers, "content-length": Buffer.byteLength(answer.body) });
  response.end(answer.body);
}

/** An HTTP/1.1 server without a port of its own: the returned function gives it a connection. */
export function createHttpServer(
  answerTo: (question: HttpQuestion) => HttpAnswer,
  receive: HttpReceiver,
): (socket: Socket) => void {
  const server = createServer((request, response) => {
    request.resume();
    receive({
      answer: () => send(response, answerTo(questionIn(request))),
      onGone: (forget) => response.once("close", forget),
    });
  });
  return (socket) => server.emit("connection", socket);
}
