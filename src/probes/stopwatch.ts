/** Starts counting; each call of the result gives the milliseconds since then, to one decimal. */
export function startStopwatch(): () => number {
  const beganMs = performance.now();
  return () => Math.round((performance.now() - beganMs) * 10) / 10;
}
