import type { Answer } from "../core/observation.ts";
import type { Target } from "../core/target.ts";
import { wordOfReply } from "../probes/http-words.ts";
import { publishable } from "../probes/message.ts";
import type { Word } from "../probes/word.ts";
import { childrenOf, type Entry, wholeField } from "./outline.ts";

/** From this on an exit status of bash's `read` says that the time was up. */
const READ_TIMED_OUT = 128;

/** Reads the answer over a connection that was made; null where bash cannot ask: gRPC, and all that is under TLS. */
export function readAnswer(inquiry: Entry, target: Target): Answer | null {
  if (target.scheme === "tcp") {
    const connected = childrenOf(inquiry, "connected")[0];
    return answer({ kind: "ready", code: "TCP_CONNECTED", message: "" }, "TCP connect", connected);
  }
  if (target.scheme !== "http") return null;
  const reply = childrenOf(inquiry, "answer", "timeout")[0];
  return reply === undefined ? null : answer(wordOf(reply), `GET ${target.path}`, reply);
}

function wordOf({ word, fields }: Entry): Word {
  const text = fields.get("text") ?? "";
  const status = Number(fields.get("status"));
  const http = /^HTTP\/1\.[01] ([1-5]\d\d)(?: |$)/.exec(text)?.[1];
  if (http !== undefined) return wordOfStatus(Number(http));
  if (text !== "") return { kind: "wrong-protocol", code: "NOT_HTTP", message: publishable(text) };
  // A line of nothing, or of bytes that bash lets fall, is no answer in HTTP either.
  if (word === "answer" && status === 0) return { kind: "wrong-protocol", code: "NOT_HTTP", message: "" };
  if (word === "timeout" || status > READ_TIMED_OUT) return { kind: "silence", code: "DEADLINE", message: "" };
  return { kind: "closed", code: "CLOSED", message: "" };
}

function wordOfStatus(status: number): Word {
  return wordOfReply({ status, location: null, contentType: "", isEncoded: false, body: Buffer.alloc(0) });
}

function answer(word: Word, asked: string, entry: Entry | undefined): Answer {
  const us = entry === undefined ? null : wholeField(entry, "us");
  return { ...word, asked, ms: Math.round((us ?? 0) / 100) / 10, modelsPending: [] };
}
