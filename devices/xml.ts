/** An element: its text, or its children by name. Of children with the same name all are kept, in order. */
export interface XmlElement {
  readonly name: string;
  text: string;
  readonly children: XmlElement[];
}

const MOST_ELEMENTS = 2_000;
const MOST_DEPTH = 16;
/** A tag. Nothing in it may hold another `<`, so each one is scanned once. What stands between tags is text. */
const TAG = /<(\/?)([A-Za-z_][\w.:-]{0,63})((?:[^<>"']|"[^"<]*"|'[^'<]*')*?)(\/?)>/g;
const ENTITY: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

const unescaped = (text: string): string =>
  text.includes("&") ? text.replace(/&(lt|gt|amp|quot|apos);/g, (_, name: string) => ENTITY[name] ?? "") : text;

/** The source without its declaration and comments; null when one of them never ends or there is anything else of that sort. */
function onlyElements(source: string): string | null {
  let rest = source;
  for (const [opens, closes] of [
    ["<?", "?>"],
    ["<!--", "-->"],
  ] as const) {
    const kept: string[] = [];
    let from = 0;
    for (let start = rest.indexOf(opens); start >= 0; start = rest.indexOf(opens, from)) {
      const end = rest.indexOf(closes, start);
      if (end < 0) return null;
      kept.push(rest.slice(from, start));
      from = end + closes.length;
    }
    rest = from === 0 ? rest : kept.join("") + rest.slice(from);
  }
  return rest.includes("<!") ? null : rest;
}

/**
 * Reads the small XML that cameras send: elements and text, no attributes, no document types, no entities of its own, within
 * bounds. Null for anything else.
 */
export function parseXml(given: string): XmlElement | null {
  const source = onlyElements(given);
  if (source === null) return null;
  const stack: XmlElement[] = [];
  let root: XmlElement | null = null;
  let elements = 0;
  let end = 0;
  for (const token of source.matchAll(TAG)) {
    const top = stack[stack.length - 1];
    const between = source.slice(end, token.index).trim();
    end = token.index + token[0].length;
    if (between !== "") {
      if (!top || between.includes("<")) return null;
      top.text += unescaped(between);
    }
    const [, closing, name = "", , empty] = token;
    if (closing) {
      if (top?.name !== name) return null;
      stack.pop();
      continue;
    }
    if (++elements > MOST_ELEMENTS || stack.length >= MOST_DEPTH || (root && !top)) return null;
    const element: XmlElement = { name, text: "", children: [] };
    if (top) top.children.push(element);
    else root = element;
    if (!empty) stack.push(element);
  }
  return stack.length === 0 ? root : null;
}

/** The first child of that name. */
export const child = (element: XmlElement | undefined, name: string): XmlElement | undefined =>
  element?.children.find((one) => one.name === name);

/** All elements of that name below, at any depth. */
export function within(element: XmlElement, name: string): XmlElement[] {
  return element.children.flatMap((one) => (one.name === name ? [one] : within(one, name)));
}
