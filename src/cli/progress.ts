import type { WriteStream } from "node:tty";
import { formatDuration } from "../core/duration.ts";

/** The output that progress is shown on. */
export type ProgressOutput = Partial<Pick<WriteStream, "isTTY" | "columns">> & { write(text: string): unknown };

/** Shows what is waited for. */
export interface Progress {
  /** Says a text, and for how long it has been waited; an empty text says nothing. */
  show(text: string, elapsedMs: number): void;
  /** Leaves the line to whatever is written next. */
  end(): void;
}

const WIDTH_WITHOUT_TERMINAL = 80;
/** To the start of the line, and erase it (ECMA-48: CR, EL). */
const CLEAR_LINE = "\r\u001b[K";

/** On a terminal one line is kept current; elsewhere a line is written for each change and none for a repeat. */
export function progressOn(output: ProgressOutput): Progress {
  return output.isTTY ? currentLine(output) : lineForEachChange(output);
}

function lineForEachChange(output: ProgressOutput): Progress {
  let said = "";
  return {
    show: (text) => {
      if (text !== "" && text !== said) output.write(`${text}\n`);
      said = text;
    },
    end: () => {},
  };
}

function currentLine(output: ProgressOutput): Progress {
  let said = "";
  let shown = "";
  const clear = () => {
    if (shown !== "") output.write(CLEAR_LINE);
    shown = "";
  };
  return {
    show: (text, elapsedMs) => {
      if (text === "") return;
      // What was waited for before stays above, so that the way of the start can be read.
      if (said !== "" && text !== said) {
        clear();
        output.write(`${said}\n`);
      }
      said = text;
      const line = `${text} (${formatDuration(Math.floor(elapsedMs / 1000) * 1000)})`.slice(
        0,
        (output.columns || WIDTH_WITHOUT_TERMINAL) - 1,
      );
      if (line === shown) return;
      clear();
      output.write(line);
      shown = line;
    },
    end: () => {
      if (shown === "") return;
      clear();
      output.write(`${said}\n`);
    },
  };
}
