import { play } from "./play.ts";
import { NAT } from "./scenarios/nat.ts";

play(NAT);
