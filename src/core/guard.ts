/** Tells whether a value that came from outside has a type. Never throws. */
export type Guard<T> = (value: unknown) => value is T;

export function isText(value: unknown): value is string {
  return typeof value === "string";
}

export function isFlag(value: unknown): value is boolean {
  return typeof value === "boolean";
}

/** A finite number of at most that size: JSON can write numbers that become infinite. */
export function isWithin(limit: number): Guard<number> {
  return (value): value is number => typeof value === "number" && Math.abs(value) <= limit;
}

/** A whole number from 0 that is exact. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

export function isOneOf<const T extends string | number | boolean>(...words: readonly T[]): Guard<T> {
  const known: ReadonlySet<unknown> = new Set(words);
  return (value): value is T => known.has(value);
}

export function orNull<T>(guard: Guard<T>): Guard<T | null> {
  return (value): value is T | null => value === null || guard(value);
}

export function isListOf<T>(guard: Guard<T>): Guard<readonly T[]> {
  return (value): value is readonly T[] => Array.isArray(value) && value.every(guard);
}

/** An object with any names of its own whose values all pass. */
export function isRecordOf<T>(guard: Guard<T>): Guard<Readonly<Record<string, T>>> {
  return (value): value is Readonly<Record<string, T>> => isObject(value) && Object.values(value).every(guard);
}

/** An object that has each of these fields as its own; others are let be. */
export function hasShape<T extends object>(shape: { readonly [K in keyof T]-?: Guard<T[K]> }): Guard<T> {
  const fields = Object.entries(shape) as [string, Guard<unknown>][];
  return (value): value is T =>
    isObject(value) && fields.every(([name, guard]) => Object.hasOwn(value, name) && guard(value[name]));
}

/** The same with fields of its own that may be absent, as in records from before there were any. */
export function mayHave<T extends object, M extends object>(
  guard: Guard<T>,
  shape: { readonly [K in keyof M]-?: Guard<M[K]> },
): Guard<T & Partial<M>> {
  const fields = Object.entries(shape) as [string, Guard<unknown>][];
  return (value): value is T & Partial<M> =>
    guard(value) && fields.every(([name, of]) => !Object.hasOwn(value, name) || of(value[name as keyof T]));
}

export function isEither<A, B>(first: Guard<A>, second: Guard<B>): Guard<A | B> {
  return (value): value is A | B => first(value) || second(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
