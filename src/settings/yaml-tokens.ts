import type { CST } from "yaml";

/** The library, which is loaded only where YAML is read. */
export type Yaml = typeof import("yaml");

/** How a text is taken apart. */
export interface YamlTokenOptions {
  /** The most levels of nesting that are let through. */
  readonly deepest: number;
  /** Called with the offset of each line's begin. */
  readonly onNewLine?: (offset: number) => void;
}

/**
 * Takes a YAML text apart into the tokens that the library composes nodes of, and ends where they are nested too deep.
 *
 * The library composes nodes by recursion, unlike its parser. A stack that overflows there can end the process: V8 gives
 * up when it has to compile a regular expression at that point ("RegExpCompiler Allocation failed").
 *
 * @returns the offset at which it became too deep; null at the text's end
 */
export function* yamlTokens(
  yaml: Yaml,
  text: string,
  { deepest, onNewLine }: YamlTokenOptions,
): Generator<CST.Token, number | null> {
  const parser = new yaml.Parser(onNewLine);
  onNewLine?.(0);
  for (const lexeme of new yaml.Lexer().lex(text)) {
    yield* parser.next(lexeme);
    // Each entry of the stack is a level.
    if (parser.stack.length > deepest) return parser.offset;
  }
  yield* parser.end();
  return null;
}

/** Whether a YAML text is nested deeper than it may be. */
export function isTooDeep(yaml: Yaml, text: string, deepest: number): boolean {
  const tokens = yamlTokens(yaml, text, { deepest });
  for (;;) {
    const { done, value } = tokens.next();
    if (done) return value !== null;
  }
}
