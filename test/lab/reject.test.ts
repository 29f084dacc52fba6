import { play } from "./play.ts";
import { REJECT } from "./scenarios/reject.ts";

play(REJECT);
