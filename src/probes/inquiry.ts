import type { ConnectResult } from "../core/connect.ts";
import type { Answer } from "../core/observation.ts";
import type { Inquiry } from "./prober.ts";
import { startStopwatch } from "./stopwatch.ts";
import type { Word } from "./word.ts";

/** What a question carries along while it is out. */
export interface Course {
  /** Aborts when the question is given up. */
  readonly signal: AbortSignal;
  /** Names the question that goes out now, and starts its clock. */
  asks(question: string): void;
  /** Makes a word the answer to the question that is out. */
  answer(word: Word): Answer;
  /** Ends the question by the failure of a connect after the first. */
  fail(connect: ConnectResult): null;
}

/** The two outcomes of one question. */
export interface Steps {
  readonly connected: Promise<ConnectResult>;
  /** null: no connection, so no answer. */
  readonly answered: Promise<Answer | null>;
}

/** Options of {@link openInquiry}. */
export interface InquiryOptions {
  /** The first question, for people. */
  readonly question: string;
  /** The code of a silence; `DEADLINE` by default. */
  readonly silenceCode?: () => string;
}

/** Runs the steps of one question and dresses them as an {@link Inquiry}: nothing settles once it was closed. */
export function openInquiry(run: (course: Course) => Steps, options: InquiryOptions): Inquiry {
  const abortion = new AbortController();
  let asked = options.question;
  let elapsedMs = startStopwatch();
  const answer = (word: Word): Answer => ({ ...word, asked, ms: elapsedMs(), modelsPending: [] });
  let failLater: (connect: ConnectResult) => void = () => {};
  const failedLater = new Promise<ConnectResult>((resolve) => {
    failLater = resolve;
  });
  const course: Course = {
    signal: abortion.signal,
    asks: (question) => {
      asked = question;
      elapsedMs = startStopwatch();
    },
    answer,
    fail: (connect) => {
      if (!abortion.signal.aborted) {
        failLater(connect);
      }
      return null;
    },
  };
  const steps = run(course);
  const answered = new Promise<Answer>((resolve, reject) => {
    steps.answered.then((result) => {
      if (result !== null && !abortion.signal.aborted) {
        resolve(result);
      }
    }, reject);
  });
  return {
    connected: steps.connected,
    answered,
    failedLater,
    silence: () => answer({ kind: "silence", code: options.silenceCode?.() ?? "DEADLINE", message: "" }),
    close: () => abortion.abort(),
  };
}

/** The questions of one prober that are still out, so that its end can give them up. */
export interface OpenInquiries {
  add(inquiry: Inquiry): Inquiry;
  closeAll(): void;
}

/** Keeps track of a prober's questions; each is forgotten when it is answered or closed. */
export function trackInquiries(): OpenInquiries {
  const open = new Set<Inquiry>();
  return {
    add: (inquiry) => {
      const tracked: Inquiry = {
        ...inquiry,
        close: () => {
          open.delete(tracked);
          inquiry.close();
        },
      };
      open.add(tracked);
      const forget = (): boolean => open.delete(tracked);
      inquiry.answered.then(forget, forget);
      return tracked;
    },
    closeAll: () => {
      for (const inquiry of [...open]) {
        inquiry.close();
      }
    },
  };
}
