import type { ScenarioGroup } from "../scenario.ts";
import { ADDRESSES } from "./addresses.ts";
import { CHANGES } from "./changes.ts";
import { DENIED } from "./denied.ts";
import { DROP } from "./drop.ts";
import { NAT } from "./nat.ts";
import { REJECT } from "./reject.ts";
import { SERVERS } from "./servers.ts";

/** Every scenario of the lab, in the order of the matrix. */
export const GROUPS: readonly ScenarioGroup[] = [SERVERS, ADDRESSES, REJECT, DROP, NAT, DENIED, CHANGES];
