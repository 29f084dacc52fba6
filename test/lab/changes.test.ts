import { play } from "./play.ts";
import { CHANGES } from "./scenarios/changes.ts";

play(CHANGES);
