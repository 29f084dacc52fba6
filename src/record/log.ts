import { destination, type LevelWithSilent, type Logger, pino } from "pino";

export type Log = Logger;

/**
 * A log of JSON lines with `time` (RFC 3339, UTC), `level` (a word) and `msg`, without process id and host name. Lines
 * are written at once, so that the last ones are not lost when the process ends.
 *
 * @param fd 1 for standard output, 2 for standard error
 */
export function openLog(level: LevelWithSilent, fd: 1 | 2): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination({ dest: fd, sync: true }),
  );
}
