import { play } from "./play.ts";
import { DROP } from "./scenarios/drop.ts";

play(DROP);
