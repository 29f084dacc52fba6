/** What one target may take of the series whose number depends on what the targets do. */
export interface ShareOfSeries {
  /** Pairs of layer and code that the target's errors keep apart; beyond them each layer counts under `OTHER`. */
  readonly errorsKept: number;
  /** Addresses of the target's port that are shown. */
  readonly addressesShown: number;
}

/**
 * Shares the series out, so that up to four targets (Seldon's three and its scheduler) stay below 150 series together;
 * each further one adds at most 34.
 */
export function shareOfSeries(targets: number): ShareOfSeries {
  return targets <= 3 ? { errorsKept: 8, addressesShown: 4 } : { errorsKept: 3, addressesShown: 2 };
}
