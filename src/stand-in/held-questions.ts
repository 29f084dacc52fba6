/** Questions that came over an open connection while its side answers nothing; each is answered at the release. */
export interface HeldQuestions {
  /** Keeps a question; the returned function forgets it (its connection is gone). */
  hold(answer: () => void): () => void;
  /** Answers all of them, in the order in which they came. */
  release(): void;
}

/** Nothing held yet. */
export function createHeldQuestions(): HeldQuestions {
  const waiting = new Set<() => void>();
  return {
    hold: (answer) => {
      waiting.add(answer);
      return () => waiting.delete(answer);
    },
    release: () => {
      const answers = [...waiting];
      waiting.clear();
      for (const answer of answers) {
        answer();
      }
    },
  };
}
