import type { ElementPiece, Piece } from "../piece.ts";

const SVG = "http://www.w3.org/2000/svg";

/**
 * Makes an element's children what the pieces say, and touches only what differs: the focus, a selected text and what was
 * folded out stay. Texts become text nodes: none of them is ever read as markup.
 */
export function show(parent: Element, pieces: readonly Piece[]): void {
  const keyed = new Map([...parent.children].map((child) => [child.getAttribute("data-key"), child]));
  let cursor = parent.firstChild;
  for (const piece of pieces) {
    const found = counterpart(piece, cursor, keyed) ?? created(piece, parent);
    if (found === cursor) cursor = cursor.nextSibling;
    else parent.insertBefore(found, cursor);
    update(found, piece);
  }
  while (cursor !== null) {
    const rest = cursor;
    cursor = cursor.nextSibling;
    rest.remove();
  }
}

/** The node that already stands for a piece: the one with its key, else the one in its place if it is of its kind. */
function counterpart(
  piece: Piece,
  inPlace: ChildNode | null,
  keyed: ReadonlyMap<string | null, Element>,
): ChildNode | null {
  if (typeof piece === "string") return inPlace instanceof Text ? inPlace : null;
  const key = keyOf(piece);
  if (key !== null) return keyed.get(key) ?? null;
  const isAlike = inPlace instanceof Element && inPlace.localName === piece.tag && !inPlace.hasAttribute("data-key");
  return isAlike ? inPlace : null;
}

function keyOf({ attributes }: ElementPiece): string | null {
  return new Map(Object.entries(attributes)).get("data-key") ?? null;
}

function created(piece: Piece, parent: Element): ChildNode {
  if (typeof piece === "string") return document.createTextNode("");
  const namespace = piece.tag === "svg" ? SVG : parent.namespaceURI;
  return document.createElementNS(namespace, piece.tag);
}

function update(node: ChildNode, piece: Piece): void {
  if (typeof piece !== "string") {
    if (node instanceof Element) updateElement(node, piece);
    return;
  }
  if (node.nodeValue !== piece) node.nodeValue = piece;
}

function updateElement(element: Element, { attributes, children }: ElementPiece): void {
  for (const name of element.getAttributeNames()) {
    // Whether a part is folded out is the reader's choice.
    if (!Object.hasOwn(attributes, name) && name !== "open") element.removeAttribute(name);
  }
  for (const [name, value] of Object.entries(attributes)) {
    if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  }
  show(element, children);
}
