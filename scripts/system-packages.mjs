import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { findPython } from "./python-env.mjs";

function isOnPath(command) {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** What the tests need of a Debian system, and how to tell that it is there. */
const needs = [
  { packages: ["iproute2"], isThere: () => isOnPath("ip") },
  { packages: ["util-linux"], isThere: () => isOnPath("nsenter") && isOnPath("unshare") },
  { packages: ["iptables"], isThere: () => isOnPath("iptables") && isOnPath("ip6tables") },
  { packages: ["nftables"], isThere: () => isOnPath("nft") },
  { packages: ["prometheus"], isThere: () => isOnPath("prometheus") && isOnPath("promtool") },
  // Inter is a font that the page prefers and Debian's Chromium does not bring; pictures of the page are made with it.
  { packages: ["chromium", "fonts-inter"], isThere: () => isOnPath("chromium") },
  { packages: ["shellcheck"], isThere: () => isOnPath("shellcheck") },
  ...["buildah", "podman", "runc", "catatonit", "mmdebstrap"].map((name) => ({
    packages: [name],
    isThere: () => isOnPath(name),
  })),
  { packages: ["python3", "python3-venv"], isThere: () => findPython() !== null },
];

/**
 * Installs the Debian packages that are missing, where this is root on a system with apt-get. Nothing is said about
 * failure: the tests that miss something skip and say what.
 */
export function ensureSystemPackages() {
  if (process.getuid?.() !== 0 || !isOnPath("apt-get")) return;
  const missing = needs.filter(({ isThere }) => !isThere()).flatMap(({ packages }) => packages);
  if (missing.length === 0) return;
  console.error(`Installing ${missing.join(", ")}`);
  const options = { stdio: "inherit", env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } };
  spawnSync("apt-get", ["update", "--quiet"], options);
  spawnSync("apt-get", ["install", "--yes", "--quiet", "--no-install-recommends", ...missing], options);
}
