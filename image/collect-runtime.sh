#!/bin/sh
# Copies the Node.js of this Debian image to a path under a folder, with all that it needs to run and nothing else.
# Usage: image/collect-runtime.sh NODE FOLDER
set -eu
target=$1
folder=$2
node=$(readlink -f "$(command -v node)")
records=$folder/var/lib/dpkg/status.d

mkdir -p "$folder${target%/*}" "$records" "$folder/tmp"
chmod 1777 "$folder/tmp"
cp "$node" "$folder$target"
cp -L --parents /etc/os-release "$folder"
for library in $(ldd "$node" | grep -o '/[^ ]*'); do
  cp -L --parents "$library" "$folder"
  # By these records scanners know the version of each library, and its licence must come with it.
  package=$(dpkg-query --search "*$library" | cut -d: -f1)
  dpkg-query --status "$package" >"$records/$package"
  cp -L --parents "/usr/share/doc/$package/copyright" "$folder"
done
license=${node%/bin/node}/LICENSE
if [ -f "$license" ]; then
  mkdir -p "$folder/usr/share/doc/nodejs"
  cp "$license" "$folder/usr/share/doc/nodejs/copyright"
fi
