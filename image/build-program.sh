#!/bin/sh
# Builds what the image has besides Node.js, into a folder: the bundle, the launcher, the licences.
# Usage: image/build-program.sh VERSION NODE FOLDER, from the project's folder; NODE is where the image has its node.
set -eu
label=$1
node=$2
folder=$3
name=readiness-gate
program=/usr/local/lib/$name/$name.mjs
documents=$folder/usr/share/doc/$name

version=$(node -p 'require("./package.json").version')
if [ "$version" != "$label" ]; then
  echo "The label would say version $label, but package.json says $version: --build-arg VERSION=$version" >&2
  exit 1
fi

npm run build
mkdir -p "$folder/usr/local/bin" "$folder${program%/*}" "$documents"
cp "dist/$name.mjs" "$folder$program"
cp LICENSE "$documents/LICENSE"
node image/notices.mjs dist/meta.json >"$documents/THIRD-PARTY-NOTICES"

flags=$(node -p 'require("./package.json").config.nodeFlags.split(" ").map((flag) => JSON.stringify(flag)).join()')
cc -std=c99 -Wall -Wextra -Werror -D_POSIX_C_SOURCE=200809L -Os -s \
  "-DNODE=\"$node\"" "-DNODE_FLAGS=$flags" "-DPROGRAM=\"$program\"" \
  -o "$folder/usr/local/bin/$name" image/launcher.c
