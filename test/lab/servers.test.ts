import { play } from "./play.ts";
import { SERVERS } from "./scenarios/servers.ts";

play(SERVERS);
