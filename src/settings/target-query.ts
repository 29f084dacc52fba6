/** The query of a target's URL, from which the reserved parameters are taken one by one. */
export interface TargetQuery {
  /** Takes a parameter out, decoded; null when it is absent. Trouble is reported to `problems`. */
  text(key: string): string | null;
  /** Takes a parameter out that is `true` or `false`. */
  flag(key: string, absent: boolean): boolean;
  /** Names of the parameters that were not taken. */
  keys(): readonly string[];
  /** What was not taken, as it was written. */
  rest(): string;
}

interface Parameter {
  readonly raw: string;
  readonly key: string;
  readonly value: string;
}

/** Opens a query (without its question mark); `problems` receives what each parameter should have been. */
export function openQuery(query: string, problems: string[]): TargetQuery {
  let left = query
    .split("&")
    .filter((raw) => raw !== "")
    .map(parameterOf);

  function text(key: string): string | null {
    const found = left.filter((parameter) => parameter.key === key);
    left = left.filter((parameter) => parameter.key !== key);
    const [first] = found;
    if (first === undefined) return null;
    if (found.length > 1) problems.push(`the query parameter ${key} once`);
    const value = decoded(first.value);
    if (value === null) problems.push(`a query parameter ${key} that is encoded well, without control characters`);
    return value;
  }

  function flag(key: string, absent: boolean): boolean {
    const value = text(key);
    if (value === null) return absent;
    if (value !== "true" && value !== "false") problems.push(`${key}=true or ${key}=false`);
    return value === "true";
  }

  return {
    text,
    flag,
    keys: () => left.map((parameter) => parameter.key),
    rest: () => left.map((parameter) => parameter.raw).join("&"),
  };
}

function parameterOf(raw: string): Parameter {
  const at = raw.indexOf("=");
  const key = at < 0 ? raw : raw.slice(0, at);
  return { raw, key: decoded(key) ?? key, value: at < 0 ? "" : raw.slice(at + 1) };
}

function decoded(text: string): string | null {
  try {
    const value = decodeURIComponent(text);
    return /\p{Cc}/u.test(value) ? null : value;
  } catch {
    return null;
  }
}
