import type { ConnectResult } from "../../src/core/connect.ts";
import type { Answer, ListeningSocket } from "../../src/core/observation.ts";
import type { ListenTable } from "../../src/kernel/listen-table.ts";
import type { Inquiry, Prober } from "../../src/probes/prober.ts";
import { answered, failed, refused, silent } from "./looks.ts";

/** A question that a fake prober was asked, to be answered by the test. */
export interface FakeQuestion {
  readonly models: readonly string[];
  isClosed(): boolean;
  /** The connect succeeds. */
  accept(): void;
  refuse(): void;
  /** The connect succeeds, and a later one fails with `EADDRNOTAVAIL`. */
  failLater(): void;
  /** The connect fails with `EHOSTUNREACH`. */
  fail(): void;
  /** The connect succeeds and the answer comes. */
  answer(kind?: Answer["kind"]): void;
}

/** A prober that opens nothing and notes what it is asked. */
export interface FakeProber extends Prober {
  readonly asked: readonly FakeQuestion[];
  /** The latest question. */
  last(): FakeQuestion;
  renewals(): number;
  isClosed(): boolean;
}

/** Makes a fake prober; `script` runs for each new question. */
export function fakeProber(script: (question: FakeQuestion) => void = () => {}, connections = 1): FakeProber {
  const asked: FakeQuestion[] = [];
  let renewals = 0;
  let isClosed = false;
  return {
    asked,
    last: () => {
      const question = asked.at(-1);
      if (question === undefined) throw new Error("nothing was asked");
      return question;
    },
    renewals: () => renewals,
    isClosed: () => isClosed,
    connectionsPerAsk: () => connections,
    ask: (models) => {
      const { question, inquiry } = openQuestion(models);
      asked.push(question);
      script(question);
      return inquiry;
    },
    renew: () => {
      renewals += 1;
    },
    close: () => {
      isClosed = true;
    },
  };
}

function deferred<T>(): { readonly promise: Promise<T>; resolve(value: T): void } {
  let settle: (value: T) => void = () => {};
  const promise = new Promise<T>((resolve) => {
    settle = resolve;
  });
  return { promise, resolve: (value) => settle(value) };
}

function openQuestion(models: readonly string[]): { question: FakeQuestion; inquiry: Inquiry } {
  const connected = deferred<ConnectResult>();
  const answer = deferred<Answer>();
  const failedLater = deferred<ConnectResult>();
  let isClosed = false;
  const connect = (path: ReturnType<typeof refused>, stage = connected) => {
    if (path.connect !== null) stage.resolve(path.connect);
  };
  const say = (path: ReturnType<typeof refused>) => {
    if (path.answer === null) throw new Error("the path has no answer");
    return path.answer;
  };
  const question: FakeQuestion = {
    models,
    isClosed: () => isClosed,
    accept: () => connect(silent()),
    refuse: () => connect(refused()),
    fail: () => connect(failed("unreachable")),
    failLater: () => {
      question.accept();
      connect(failed("unavailable", { errno: "EADDRNOTAVAIL" }), failedLater);
    },
    answer: (kind = "ready") => {
      question.accept();
      answer.resolve(say(answered(kind)));
    },
  };
  const inquiry: Inquiry = {
    connected: connected.promise,
    answered: answer.promise,
    failedLater: failedLater.promise,
    silence: () => say(silent()),
    close: () => {
      isClosed = true;
    },
  };
  return { question, inquiry };
}

/** A table of listening sockets that shows what the test says; null: there is none. */
export interface FakeTable extends ListenTable {
  show(sockets: readonly ListeningSocket[] | null): void;
}

/** Makes a fake table. */
export function fakeTable(initial: readonly ListeningSocket[] | null = []): FakeTable {
  let shown = initial;
  return {
    current: () => shown,
    fresh: () => shown,
    isOutdated: () => false,
    close: () => {},
    show: (sockets) => {
      shown = sockets;
    },
  };
}
