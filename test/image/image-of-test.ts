import { beforeEach, inject } from "vitest";
import type { BuiltImage } from "./setup.ts";

/** The image under test. */
export function imageOfTest(): BuiltImage & { readonly ok: true } {
  const image = inject("image");
  if (!image.ok) throw new Error(image.reason);
  return image;
}

/** Skips the tests of a file, with the reason, where no containers are to be had; fails them where the build failed. */
export function skipWithoutContainers(): void {
  beforeEach(({ skip }) => {
    const image = inject("image");
    if (image.ok) return;
    if (image.isFailure) throw new Error(image.reason);
    skip(image.reason);
  });
}
