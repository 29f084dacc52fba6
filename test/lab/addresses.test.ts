import { play } from "./play.ts";
import { ADDRESSES } from "./scenarios/addresses.ts";

play(ADDRESSES);
