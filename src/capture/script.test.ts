import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { scriptFor } from "../../test/support/capture-run.ts";
import { CAPTURE_SCRIPT } from "./capture-script.ts";

it("is capture.sh to the letter: run scripts/generate-capture-script.ts after a change", () => {
  expect(CAPTURE_SCRIPT).toBe(readFileSync(new URL("capture.sh", import.meta.url), "utf8"));
});

describe("the script's head", () => {
  it.each([
    ["a=http://127.0.0.1:9000/ready?x=1", "'9000' '127.0.0.1' '/ready?x=1' '127.0.0.1:9000'"],
    ["a=https://127.0.0.1:9000/ready", "'9000' '127.0.0.1' '-' '127.0.0.1:9000'"],
    ["a=grpc://localhost:9500", "'9500' '127.0.0.1 ::1' '-' 'localhost:9500'"],
    ["a=tcp://0.0.0.0:5572", "'5572' '127.0.0.1' '-' '0.0.0.0:5572'"],
    ["a=tcp://[::]:5572", "'5572' '::1' '-' '[::]:5572'"],
    ["a=tcp://[::ffff:127.0.0.1]:1", "'1' '127.0.0.1' '-' '[::ffff:127.0.0.1]:1'"],
    ["a=tcp://[fd00::7]:1", "'1' 'fd00:0000:0000:0000:0000:0000:0000:0007' '-' '[fd00::7]:1'"],
    ["a=tcp://server.models:1", "'1' 'server.models' '-' 'server.models:1'"],
  ])("names what to look at for %s", (word, words) => {
    expect(scriptFor([word])).toContain(`\n  'a' '${word.slice(2)}' ${words}\n)\n`);
  });

  it("lets no URL out of its quotes", () => {
    const url = "http://127.0.0.1:9000/$&'$(exit)`'";
    const quoted = "'http://127.0.0.1:9000/$&'\\''$(exit)`'\\'''";
    expect(scriptFor([`a=${url}`])).toContain(`\n  'a' ${quoted} '9000'`);
  });

  it("names the addresses to try for evidence, or leaves them to the script", () => {
    expect(scriptFor(["a=tcp://127.0.0.1:1"], ["10.42.1.7", "fd00::7"])).toContain(
      "\nevidence='10.42.1.7 fd00:0000:0000:0000:0000:0000:0000:0007'\n",
    );
    expect(scriptFor(["a=tcp://127.0.0.1:1"], null)).toContain("\nevidence='auto'\n");
  });
});
