/** What the process gives to its commands. */
export interface Context {
  /** The words after the program's name. */
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Whether the kubelet has mounted `/dev/termination-log` into this container. */
  readonly terminationLogExists: boolean;
}
