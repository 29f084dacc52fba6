/** What the C libraries (glibc, musl) call the errors of connect(2) and of getaddrinfo(3), in the C locale. */
const ERRNOS: ReadonlyMap<string, string> = new Map([
  ["Connection refused", "ECONNREFUSED"],
  ["Connection timed out", "ETIMEDOUT"],
  ["Operation timed out", "ETIMEDOUT"],
  ["No route to host", "EHOSTUNREACH"],
  ["Host is unreachable", "EHOSTUNREACH"],
  ["Network is unreachable", "ENETUNREACH"],
  ["Network unreachable", "ENETUNREACH"],
  ["Host is down", "EHOSTDOWN"],
  ["Network is down", "ENETDOWN"],
  ["Invalid argument", "EINVAL"],
  ["Protocol not available", "ENOPROTOOPT"],
  ["Permission denied", "EACCES"],
  ["Operation not permitted", "EPERM"],
  ["Cannot assign requested address", "EADDRNOTAVAIL"],
  ["Address not available", "EADDRNOTAVAIL"],
  ["Address family not supported by protocol", "EAFNOSUPPORT"],
  ["Too many open files", "EMFILE"],
  ["No file descriptors available", "EMFILE"],
  ["Too many open files in system", "ENFILE"],
  ["Connection reset by peer", "ECONNRESET"],
  ["Software caused connection abort", "ECONNABORTED"],
  // A bash that was built without /dev/tcp looks for a file.
  ["No such file or directory", "ENOENT"],
  ["Name or service not known", "ENOTFOUND"],
  ["No address associated with hostname", "ENOTFOUND"],
  ["Name does not resolve", "ENOTFOUND"],
  ["Name has no usable address", "ENOTFOUND"],
  ["Temporary failure in name resolution", "EAI_AGAIN"],
  ["Try again", "EAI_AGAIN"],
]);

/** The errors that are of the lookup of a name, not of the connect. */
const LOOKUP_ERRNOS: ReadonlySet<string> = new Set(["ENOTFOUND", "EAI_AGAIN"]);

/** The name of an error, from its text in the C locale; `UNKNOWN` for another text. */
export function errnoOfText(text: string): string {
  return ERRNOS.get(text.trim()) ?? "UNKNOWN";
}

/** Whether an error says that the name could not be looked up. */
export function isLookupErrno(errno: string | null): errno is string {
  return errno !== null && LOOKUP_ERRNOS.has(errno);
}
