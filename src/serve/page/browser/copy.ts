/** Copies a text, and says in a sentence what came of it. */
export async function copyText(text: string): Promise<string> {
  const size = `${Math.ceil(text.length / 1024)} KiB`;
  // A page that did not come over loopback has no clipboard of its own.
  const isCopied = window.isSecureContext ? await copyByClipboard(text) : copyBySelection(text);
  return isCopied ? `Copied, ${size}` : "Not copied: open Snapshot instead";
}

async function copyByClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

function copyBySelection(text: string): boolean {
  const focused = document.activeElement;
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return isCopied;
}
