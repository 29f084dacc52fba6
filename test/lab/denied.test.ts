import { play } from "./play.ts";
import { DENIED } from "./scenarios/denied.ts";

play(DENIED);
