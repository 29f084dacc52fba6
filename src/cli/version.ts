declare const READINESS_GATE_VERSION: string | undefined;

/** The version in package.json, put in by the build; `0.0.0-source` when run from the source. */
export const VERSION = typeof READINESS_GATE_VERSION === "string" ? READINESS_GATE_VERSION : "0.0.0-source";
