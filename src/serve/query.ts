/** A parsed query string: keys given more than once have several values. */
export type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The values of a key, in their order; none when it is absent. */
export function queryValues(query: Query, key: string): readonly string[] {
  const value = query[key];
  if (value === undefined) return [];
  return typeof value === "string" ? [value] : value;
}
