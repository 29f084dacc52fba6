/** A value of a manifest, as JSON can hold it. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

/** An object of a manifest. */
export type JsonObject = { readonly [key: string]: Json };

/** Keys and positions that lead from a value to a part of it. */
export type Path = readonly (string | number)[];

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** The part of a value at a path; undefined where there is none. */
export function partAt(value: Json | undefined, path: Path): Json | undefined {
  let part = value;
  for (const step of path) {
    if (isList(part)) part = part[Number(step)];
    else if (isObject(part) && Object.hasOwn(part, step)) part = part[step];
    else return undefined;
  }
  return part;
}

/** The value with another part at a path, whose parents must be there. */
export function withPart(value: Json, [step, ...rest]: Path, part: Json): Json {
  if (step === undefined) return part;
  if (isList(value)) return value.map((item, index) => (index === step ? withPart(item, rest, part) : item));
  if (!isObject(value)) throw new Error(`there is nothing to hold ${step}`);
  const inner = value[step];
  return { ...value, [step]: rest.length === 0 ? part : withPart(inner ?? {}, rest, part) };
}
