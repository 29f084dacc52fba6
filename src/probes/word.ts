import type { Answer } from "../core/observation.ts";

/** What an answer says, before what was asked and how long it took is added. */
export type Word = Pick<Answer, "kind" | "code" | "message">;
